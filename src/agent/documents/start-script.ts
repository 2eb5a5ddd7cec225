import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { StepFiles } from './step-files.ts';

/**
 * Stands between the agent and a step's script, in a session of its own, and outlives the agent: it notes who it is,
 * runs the script, and notes the exit code. `ln` makes the first note exclusive: of the keeper and an agent that lays
 * claim to the step because it sees none (`claimStep`), only one comes through.
 */
const KEEPER = `
cd "$1" || exit 1
cat "/proc/$$/stat" >"begun.$2.new" && ln "begun.$2.new" "begun.$2" || exit 1
trap : HUP INT TERM
(
  cd "$3" || exit 1
  if [ "$4" = itself ]; then exec "$1/_script.sh"; fi
  exec sh "$1/_script.sh"
) </dev/null >>stdout 2>>stderr
echo "$?" >"exit.$2.new" && mv "exit.$2.new" "exit.$2"
`;

export interface ScriptOptions {
  readonly attempt: number;
  readonly lines: readonly string[];
  readonly workingDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** The lines of a `runCommand` input: a text, or texts in lists of any depth. */
export function commandLines(input: unknown): string[] {
  if (Array.isArray(input)) return input.flatMap(commandLines);
  return input === undefined || input === null ? [] : [String(input)];
}

/** Starts a step's script and answers its keeper. A script with a `#!` line runs as itself, any other with sh. */
export async function startScript(files: StepFiles, options: ScriptOptions): Promise<ChildProcess> {
  const { attempt, lines, workingDirectory, environment } = options;
  const script = `${lines.join('\n')}\n`;
  const found = await stat(workingDirectory).catch(() => null);
  if (found?.isDirectory() !== true) throw new Error(`chdir ${workingDirectory}: no such directory`);
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeFile(files.script, script, { mode: 0o700 });
  const runs = script.startsWith('#!') ? 'itself' : 'sh';
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'kintsugi-step', files.folder, `${attempt}`, workingDirectory, runs], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: environment,
  });
  await new Promise((resolve, reject) => {
    keeper.once('spawn', resolve);
    keeper.once('error', reject);
  });
  keeper.unref();
  return keeper;
}

/** Variables of the agent's own life: they mean nothing to a script, or could mislead what it starts. */
const OURS = /^(KINTSUGI_|NODE_|npm_|NOTIFY_SOCKET$|INVOCATION_ID$|JOURNAL_STREAM$|MAINPID$|WATCHDOG_|LISTEN_)/;

/** What a script finds in its environment: the agent's own, and who and where it is. */
export function scriptEnvironment(
  own: NodeJS.ProcessEnv,
  step: {
    readonly instanceId: string;
    readonly region: string;
    readonly commandId: string;
    readonly platformName: string;
    readonly platformVersion: string;
  },
): NodeJS.ProcessEnv {
  const kept = Object.entries(own).filter(([name]) => !OURS.test(name));
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(kept),
    AWS_SSM_INSTANCE_ID: step.instanceId,
    AWS_SSM_REGION_NAME: step.region,
    AWS_SSM_PLATFORM_NAME: step.platformName,
    AWS_SSM_PLATFORM_VERSION: step.platformVersion,
    SSM_COMMAND_ID: step.commandId,
  };
}
