import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTestServer } from './server.ts';

/** The folder of a plug-in mirror that has the AWS provider; null where this machine cannot run it. */
function pluginMirror(): string | null {
  if (spawnSync('terraform', ['version']).status !== 0) return null;
  const { stdout } = spawnSync('find', ['/', '-maxdepth', '3', '-name', 'tf-plugins'], { encoding: 'utf8' });
  return stdout.split('\n')[0] || null;
}

const mirror = pluginMirror();

const CONFIGURATION = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {}
variable "description" { default = "first" }
resource "aws_ssm_patch_baseline" "web" {
  name                    = "web"
  description             = var.description
  operating_system        = "REDHAT_ENTERPRISE_LINUX"
  approved_patches        = ["CVE-2024-6387"]
  rejected_patches        = ["kernel*"]
  rejected_patches_action = "BLOCK"
  approval_rule {
    approve_after_days = 7
    compliance_level   = "HIGH"
    patch_filter {
      key    = "CLASSIFICATION"
      values = ["Security"]
    }
  }
  tags = { Stage = "prod" }
}
resource "aws_ssm_patch_baseline" "debian" {
  name             = "debian"
  operating_system = "DEBIAN"
  approval_rule {
    patch_filter {
      key    = "PRIORITY"
      values = ["Required", "Important"]
    }
  }
}
resource "aws_ssm_patch_group" "web" {
  baseline_id = aws_ssm_patch_baseline.web.id
  patch_group = "Web Servers"
}
resource "aws_ssm_default_patch_baseline" "debian" {
  baseline_id      = aws_ssm_patch_baseline.debian.id
  operating_system = "DEBIAN"
}
data "aws_ssm_patch_baseline" "centos" {
  owner            = "AWS"
  name_prefix      = "AWS-"
  operating_system = "CENTOS"
}
output "web" { value = aws_ssm_patch_baseline.web.id }
`;

const skip = mirror === null ? 'no Terraform with the AWS provider on this machine' : false;

test('Terraform makes, reads, changes, imports and destroys baselines, groups and defaults', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-tf-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startTestServer();
  t.after(server.dispose);
  const include = 'include = ["registry.terraform.io/hashicorp/aws"]';
  const plugins = `provider_installation {\n filesystem_mirror {\n path = "${mirror}"\n ${include}\n }\n}\n`;
  writeFileSync(join(folder, 'cli.tfrc'), plugins);
  writeFileSync(join(folder, 'main.tf'), CONFIGURATION);
  const { PATH = '', HOME = '/' } = process.env;
  const env = { PATH, HOME, ...server.env, TF_CLI_CONFIG_FILE: join(folder, 'cli.tfrc'), CHECKPOINT_DISABLE: '1' };
  const terraform = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile('terraform', [...args, '-no-color'], { cwd: folder, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${args[0]}: ${stderr || stdout}`)),
      );
    });
  // Exit code 2, which rejects, would say that something differs.
  const nothingToDo = (...more: string[]) => terraform('plan', '-input=false', '-detailed-exitcode', ...more);
  await terraform('init', '-input=false');
  await terraform('apply', '-auto-approve');
  await nothingToDo();
  const changed = ['-var', 'description=second'];
  await terraform('apply', '-auto-approve', ...changed);
  const id = (await terraform('output', '-raw', 'web')).trim();
  const read = await server.aws('ssm', 'get-patch-baseline', '--baseline-id', id);
  assert.deepEqual([read.Description, read.PatchGroups], ['second', ['Web Servers']]);
  await terraform('state', 'rm', 'aws_ssm_patch_baseline.web');
  await terraform('import', 'aws_ssm_patch_baseline.web', id);
  await nothingToDo(...changed);
  await terraform('destroy', '-auto-approve');
  const left = await server.aws('ssm', 'describe-patch-baselines', '--filters', 'Key=OWNER,Values=Self');
  assert.deepEqual(left.BaselineIdentities, []);
});
