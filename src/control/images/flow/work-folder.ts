import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executionFolder, imagesFolder, lockFile } from '../../../images/store/folders.ts';
import { leaveFamily } from '../../../images/store/holder.ts';
import { withImageLock } from '../../../images/store/lock.ts';

/** Two executions of the same name, at other times, are two. */
export function workOf(images: string, family: string, execution: string): string {
  return executionFolder(images, family, createHash('sha256').update(execution).digest('hex').slice(0, 16));
}

/** A fresh folder for the attempt `key`; the one that is there where it is this attempt's already. Under the family's lock. */
export async function beginWork(work: string, execution: string, key: string): Promise<void> {
  const mark = `${execution}\n${key}`;
  if ((await readFile(join(work, 'execution'), 'utf8').catch(() => null)) === mark) return;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  await writeFile(join(work, 'execution'), mark);
}

export function isBegun(work: string): boolean {
  return existsSync(join(work, 'execution'));
}

/** Tells this data directory from every other: work that lies in it cannot be gone on with elsewhere. */
export async function placeOf(images: string): Promise<string> {
  const file = join(images, '.place');
  await mkdir(images, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    // Linked whole: another process must not read half of it.
    const fresh = `${file}.${randomUUID()}`;
    await writeFile(fresh, randomUUID(), { mode: 0o600 });
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(fresh);
  }
  return (await readFile(file, 'utf8')).trim();
}

/**
 * Removes the work folders of executions that need them no more: those that ended, were stopped, or are unknown. One
 * whose family somebody works on is left for the next time.
 */
export async function sweepWork(home: string, isNeeded: (execution: string) => Promise<boolean>): Promise<void> {
  const images = imagesFolder(home);
  for (const name of await readdir(join(images, '.work')).catch(() => [])) {
    const [, family = ''] = /^([a-z0-9-]+)\.[0-9a-f]{16}$/.exec(name) ?? [];
    if (family === '') continue;
    const work = join(images, '.work', name);
    await withImageLock(lockFile(images, family), async () => {
      const mark = await readFile(join(work, 'execution'), 'utf8').catch(() => '');
      const execution = mark.split('\n')[0] ?? '';
      if (execution !== '' && (await isNeeded(execution))) return;
      await rm(work, { recursive: true, force: true });
      await leaveFamily(images, family, execution);
    });
  }
}
