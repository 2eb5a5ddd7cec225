import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangelogEntry } from '../../core/advisories/types.ts';
import type { Inventory } from '../../core/compliance/inventory.ts';
import {
  composeChangelogs,
  parseChangelogs,
  type WantedChangelog,
  wantedChangelogs,
} from '../../platforms/apt/changelogs.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { newNonce } from './nonce.ts';

const FETCH_TIMEOUT_MS = 1_800_000;

async function entriesSchema() {
  const { z } = await import('zod');
  return z.array(
    z.object({
      source: z.string(),
      version: z.string(),
      distributions: z.array(z.string()),
      urgency: z.string().nullable(),
      date: z.string().nullable(),
      cves: z.array(z.string()),
    }),
  );
}

export interface Changelogs {
  /** By source package. A source that is not in it was not read. */
  readonly bySource: ReadonlyMap<string, readonly ChangelogEntry[]>;
  /** `SOURCE VERSION` that was asked for and could not be had. */
  readonly missing: readonly string[];
}

/**
 * Changelogs of the available updates. What was fetched once, for whichever machine, is kept in `home`: a version's
 * changelog never changes. Only with `fetch` is anything fetched.
 */
export async function changelogsFor(
  target: ScriptTarget,
  inventory: Inventory,
  options: { home: string; fetch: boolean },
): Promise<Changelogs> {
  const folder = join(options.home, 'changelogs');
  const bySource = new Map<string, readonly ChangelogEntry[]>();
  const absent: WantedChangelog[] = [];
  await Promise.all(
    wantedChangelogs(inventory.updates).map(async (wanted) => {
      const kept = await readKept(fileOf(folder, wanted.source, wanted.version));
      if (kept === null) absent.push(wanted);
      else bySource.set(wanted.source, kept);
    }),
  );
  if (!options.fetch || absent.length === 0) return { bySource, missing: [] };
  const nonce = newNonce();
  const outcome = await target.read(composeChangelogs(nonce, target.root, absent), { timeoutMs: FETCH_TIMEOUT_MS });
  const fetched = parseChangelogs(outcome.stdout, nonce);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
  for (const { source, version } of absent) {
    const entries = fetched.entries.get(`${source} ${version}`);
    if (entries === undefined) continue;
    bySource.set(source, entries);
    // A cache that cannot be written costs time, and nothing else.
    await keep(fileOf(folder, source, version), entries).catch(() => {});
  }
  const missing = absent
    .map(({ source, version }) => `${source} ${version}`)
    .filter((key) => !fetched.entries.has(key));
  return { bySource, missing };
}

function fileOf(folder: string, source: string, version: string): string {
  return join(folder, `${encodeURIComponent(`${source}_${version}`)}.json`);
}

async function readKept(file: string): Promise<readonly ChangelogEntry[] | null> {
  try {
    return await parseKeptChangelog(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

/** A changelog as `changelogsFor` keeps it; null for anything else. */
export async function parseKeptChangelog(text: string): Promise<readonly ChangelogEntry[] | null> {
  try {
    return (await entriesSchema()).parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function keep(file: string, entries: readonly ChangelogEntry[]): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, JSON.stringify(entries), { mode: 0o600 });
  await rename(fresh, file);
}
