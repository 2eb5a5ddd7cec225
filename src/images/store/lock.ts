import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Does `work` while no other process works under the lock file; answers null where another still does after
 * `waitSeconds`. The lock is the kernel's (flock(1)), held by a child that ends with us however we end, so it cannot
 * go stale.
 */
export async function withImageLock<T>(
  file: string,
  work: () => Promise<T>,
  waitSeconds = 0,
): Promise<{ readonly value: T } | null> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const argv = ['--exclusive', '--timeout', String(waitSeconds), file, 'sh', '-c', 'echo held; exec cat'];
  const holder = spawn('flock', argv, {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C on a terminal is for us to handle, the lock stays until we have.
    detached: true,
  });
  const ended = once(holder, 'close');
  const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!held) return null;
  try {
    return { value: await work() };
  } finally {
    holder.stdin.end();
    await ended;
  }
}
