import { appendFile, mkdir, readFile } from 'node:fs/promises';
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

export async function openFirstSeen(home: string, ecosystem: string): Promise<FirstSeen> {
  const file = join(home, 'first-seen.tsv');
  const seen = new Map<string, string>();
  for (const line of (await readFile(file, 'utf8').catch(absent)).split('\n')) {
    const [key, date, end] = line.split('\t');
    if (!key || !date || end !== '.' || Number.isNaN(Date.parse(date))) continue;
    const known = seen.get(key);
    if (known === undefined || date < known) seen.set(key, date);
  }
  const key = (one: Pick<AvailableUpdate, 'name' | 'architecture' | 'version'>) =>
    `${ecosystem} ${one.name} ${one.architecture} ${one.version}`;
  return {
    of: (update) => seen.get(key(update)) ?? null,
    note: async (updates, now) => {
      const fresh = updates.map(key).filter((one) => !seen.has(one) && !/[\t\n]/.test(one));
      if (fresh.length === 0) return 0;
      const date = now.toISOString();
      for (const one of fresh) seen.set(one, date);
      await mkdir(home, { recursive: true, mode: 0o700 });
      // The dot at the end tells a whole line from one that a crash cut off.
      await appendFile(file, `\n${fresh.map((one) => `${one}\t${date}\t.`).join('\n')}\n`, { mode: 0o600 });
      return fresh.length;
    },
  };
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
