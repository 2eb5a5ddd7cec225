import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, writeState } from './state-file.ts';

/** A server delivers a message again when it missed that it was taken in; after this time it is taken for a new one. */
const KEPT_MS = 30 * 60_000;

/** Notes that a message was taken in. `folder` has a file for each, named by a hash: an id can be any text. */
export async function noteTaken(folder: string, messageId: string): Promise<void> {
  await writeState(noteOf(folder, messageId), messageId);
}

export async function wasTaken(folder: string, messageId: string, now: Date): Promise<boolean> {
  return ageMs(noteOf(folder, messageId), now).then((age) => age !== null && age < KEPT_MS);
}

/** Removes the notes that have had their time. */
export async function forgetOldMessages(folder: string, now: Date): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const name of names) {
    const age = await ageMs(join(folder, name), now);
    if (age !== null && age >= KEPT_MS) await rm(join(folder, name), { force: true });
  }
}

async function ageMs(path: string, now: Date): Promise<number | null> {
  const found = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  return found === null ? null : now.getTime() - found.mtimeMs;
}

function noteOf(folder: string, messageId: string): string {
  return join(folder, createHash('sha256').update(messageId).digest('hex'));
}
