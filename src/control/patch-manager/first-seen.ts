import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AvailableUpdate } from '../../core/compliance/inventory.ts';

/**
 * When this installation first saw a version, whichever machine showed it: the approval delay counts from there where
 * no advisory has a date. The record only ever grows by whole lines, so that scans at the same time, or killed in the
 * middle, lose nothing; where a version stands twice, the earlier date counts.
 */
export interface FirstSeen {
  /** ISO 8601, or null for a version that was never seen. */
  of(update: Pick<AvailableUpdate, 'name' | 'architecture' | 'version'>): string | null;
  /** Notes the versions that are new at `now`; answers how many were. Later calls of `of` know them. */
  note(updates: readonly AvailableUpdate[], now: Date): Promise<number>;
}

/** A clock that was never set says 1970, and a delay from there would be over at once: such dates are not kept. */
const EARLIEST = '2020-01-01';
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The record in `home`. Where it cannot be read, it begins anew in memory, and `note` rejects with the reason. */
export async function openFirstSeen(home: string, ecosystem: string): Promise<FirstSeen> {
  const file = join(home, 'first-seen.tsv');
  let fault: Error | null = null;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') fault = error;
    return '';
  });
  const seen = parseRecord(text);
  const key = (one: Pick<AvailableUpdate, 'name' | 'architecture' | 'version'>) =>
    `${ecosystem} ${one.name} ${one.architecture} ${one.version}`;
  return {
    of: (update) => seen.get(key(update)) ?? null,
    note: async (updates, now) => {
      const date = now.toISOString();
      if (date < EARLIEST) return 0;
      const fresh = [...new Set(updates.map(key))].filter((one) => !seen.has(one) && !/[\t\n]/.test(one));
      if (fresh.length === 0) return 0;
      for (const one of fresh) seen.set(one, date);
      if (fault !== null) throw fault;
      await mkdir(home, { recursive: true, mode: 0o700 });
      // The dot at the end tells a whole line from one that a crash cut off.
      await append(file, `\n${fresh.map((one) => `${one}\t${date}\t.`).join('\n')}\n`);
      return fresh.length;
    },
  };
}

function parseRecord(text: string): Map<string, string> {
  const seen = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [key, date, end] = line.split('\t');
    if (!key || !date || end !== '.' || !DATE.test(date) || date < EARLIEST) continue;
    const known = seen.get(key);
    if (known === undefined || date < known) seen.set(key, date);
  }
  return seen;
}

/** In one call of the system, so that what several processes append at the same time never mixes. */
async function append(file: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const handle = await open(file, 'a', 0o600);
  try {
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) throw new Error(`${file} could be written only in part`);
  } finally {
    await handle.close();
  }
}
