import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdvisoryIndex, indexAdvisories } from '../../core/advisories/advisory-index.ts';
import { laterDate } from '../../core/advisories/dates.ts';
import { compareIn } from '../../core/advisories/ecosystem-versions.ts';
import { buildKnowledge, EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import type { ChangelogEntry, Knowledge } from '../../core/advisories/types.ts';
import { advisoryFiles } from './advisory-files.ts';
import { loadAdvisories } from './advisory-sources.ts';
import { parseKeptChangelog } from './changelogs.ts';

/** What the files of a data directory say of vulnerabilities, as they were when they were last looked at. */
export interface AdvisorySet {
  readonly knowledge: Knowledge;
  readonly index: AdvisoryIndex;
  /** Changelogs that scans have fetched, newest entry first. */
  readonly changelogs: readonly (readonly ChangelogEntry[])[];
  /** ISO 8601 date of the newest advisory; null: there is none, or none is dated. */
  readonly newest: string | null;
  readonly readAt: Date;
  /** Why the files as they are now cannot be read: what is known is from before. */
  readonly problem: Error | null;
}

const NOTHING: Omit<AdvisorySet, 'readAt'> = {
  knowledge: EMPTY_KNOWLEDGE,
  index: indexAdvisories([]),
  changelogs: [],
  newest: null,
  problem: null,
};

/** For a server without any files of advisories. */
export async function noAdvisories(): Promise<AdvisorySet> {
  return { ...NOTHING, readAt: new Date() };
}

const SHORTEST_MS = 1000;
/** Looking at the names and dates of many files takes a while: a twentieth of the time at the most. */
const REST = 20;

/**
 * The advisories and changelogs of a data directory, read again when a file of them has changed. While they cannot be
 * read, what was known stands and `problem` says so.
 */
export function advisoryFolder(home: string, now: () => Date): () => Promise<AdvisorySet> {
  let set: AdvisorySet | null = null;
  let seen = '';
  let nextLook = 0;
  let looking: Promise<AdvisorySet> | null = null;
  const look = async (): Promise<AdvisorySet> => {
    const started = now().getTime();
    try {
      const found = await fingerprint(home);
      if (set === null || found !== seen) set = await read(home, now());
      else if (set.problem !== null) set = { ...set, problem: null };
      seen = found;
    } catch (error) {
      seen = '';
      set = { ...(set ?? { ...NOTHING, readAt: now() }), problem: error as Error };
    }
    const ended = now().getTime();
    nextLook = ended + Math.max(SHORTEST_MS, (ended - started) * REST);
    return set;
  };
  return async () => {
    if (set !== null && now().getTime() < nextLook) return set;
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
}

/** What scans are judged with; throws where the files were never read. */
export async function knowledgeOf(advisories: () => Promise<AdvisorySet>): Promise<Knowledge> {
  const { problem, knowledge } = await advisories();
  if (problem !== null && knowledge === EMPTY_KNOWLEDGE) throw problem;
  return knowledge;
}

async function read(home: string, readAt: Date): Promise<AdvisorySet> {
  const folder = join(home, 'advisories');
  const names = await namesIn(folder);
  const data = await loadAdvisories(names.length === 0 ? [] : [folder]);
  const dated = data.sources.filter(({ kind }) => kind === 'osv' || kind === 'debian-list');
  return {
    knowledge: names.length === 0 ? EMPTY_KNOWLEDGE : buildKnowledge({ compare: compareIn, ...data }),
    index: indexAdvisories(data.advisories),
    changelogs: await changelogsIn(join(home, 'changelogs')),
    newest: dated.reduce<string | null>((newest, one) => laterDate(newest, one.newest), null),
    readAt,
    problem: null,
  };
}

async function changelogsIn(folder: string): Promise<(readonly ChangelogEntry[])[]> {
  const found: (readonly ChangelogEntry[])[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.json')) continue;
    const entries = await readFile(join(folder, name), 'utf8').then(parseKeptChangelog, () => null);
    if (entries !== null && entries.length > 0) found.push(entries);
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Changes when a file comes, goes or is written. */
async function fingerprint(home: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['advisories', 'changelogs']) {
    const folder = join(home, name);
    const files = (await namesIn(folder)).length === 0 ? [] : await advisoryFiles(folder);
    for (const { path } of files) {
      const info = await stat(path).catch(() => null);
      hash.update(`${path}\0${info?.size}\0${info?.mtimeMs}\0${info?.ctimeMs}\0${info?.ino}\n`);
    }
  }
  return hash.digest('hex');
}
