import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait for another process that builds the same thing: a build takes well under a minute. */
const PATIENCE_SECONDS = 600;

/**
 * Does `work` while no other process on this machine works under the lock file `path`.
 * The lock is the kernel's (flock(1)), held by a child that ends with us however we end, so it cannot go stale.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const argv = ['--exclusive', '--timeout', String(PATIENCE_SECONDS), path, 'sh', '-c', 'echo held; exec cat'];
  const holder = spawn('flock', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!held) throw new Error(`lab: ${path} was held by another process for ${PATIENCE_SECONDS} seconds`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await Promise.race([ended, sleep(5000, undefined, { ref: false })]);
  }
}
