import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** The folder of a plug-in mirror that has the AWS provider; null where this machine cannot run it. */
function pluginMirror(): string | null {
  if (spawnSync('terraform', ['version']).status !== 0) return null;
  const { stdout } = spawnSync('find', ['/', '-maxdepth', '3', '-name', 'tf-plugins'], { encoding: 'utf8' });
  return stdout.split('\n')[0] || null;
}

const mirror = pluginMirror();

/** Why tests with Terraform are skipped; false where it can run. */
export const withoutTerraform = mirror === null ? 'no Terraform with the AWS provider on this machine' : false;

export interface Terraform {
  /** `terraform ARGS`; answers what it printed, throws what it complained of. */
  (...args: string[]): Promise<string>;
  /** Throws where something differs between the configuration and the server. */
  nothingToDo(...args: string[]): Promise<void>;
}

/** Terraform in a folder of its own, ready to apply; `environment` names the server. */
export async function terraform(
  t: TestContext,
  environment: Readonly<Record<string, string>>,
  configuration: string,
): Promise<Terraform> {
  const folder = mkdtempSync(join(tmpdir(), 'kt-tf-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const include = 'include = ["registry.terraform.io/hashicorp/aws"]';
  const plugins = `provider_installation {\n filesystem_mirror {\n path = "${mirror}"\n ${include}\n }\n}\n`;
  writeFileSync(join(folder, 'cli.tfrc'), plugins);
  writeFileSync(join(folder, 'main.tf'), `${PROVIDER}${configuration}`);
  const { PATH = '', HOME = '/' } = process.env;
  const env = { PATH, HOME, ...environment, TF_CLI_CONFIG_FILE: join(folder, 'cli.tfrc'), CHECKPOINT_DISABLE: '1' };
  const run = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile('terraform', [...args, '-no-color'], { cwd: folder, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${args[0]}: ${stderr || stdout}`)),
      );
    });
  await run('init', '-input=false');
  const nothingToDo = async (...args: string[]) => {
    // Exit code 2, which rejects, would say that something differs.
    await run('plan', '-input=false', '-detailed-exitcode', ...args);
  };
  return Object.assign(run, { nothingToDo });
}

/** Without a single `skip_…`: the server answers all that the provider asks for at its start. */
const PROVIDER = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {}
`;
