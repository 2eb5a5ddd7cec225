import { spawn } from 'node:child_process';
import { sleep } from './backoff.ts';

/** As the agent of AWS does it: the minute lets everything else come to an end. */
const COMMAND = ['/sbin/shutdown', '-r', '+1'] as const;
const RETRY_MS = 60_000;

/**
 * Asks the machine for a reboot, once a minute until it is granted. `command` is a shell command of the operator's that
 * stands in for it, in a lab. Whatever happens, it waits for nothing else.
 */
export async function requestReboot(
  command: string | null,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [file, ...args] = command === null ? COMMAND : ['/bin/sh', '-c', command];
  while (!signal.aborted) {
    const problem = await run(file, args);
    if (problem === null) return;
    log(`the reboot was not granted (${problem}); asking again in a minute`);
    await sleep(RETRY_MS, signal);
  }
}

/** null when all went well. In a session of its own: a reboot that ends the agent must not end with it. */
function run(file: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', detached: true });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? null : `${file}: ${signal ?? `exit status ${code}`}`));
  });
}
