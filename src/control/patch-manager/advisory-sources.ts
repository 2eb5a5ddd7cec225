import { type AdvisoryText, readAdvisoryText } from '../../core/advisories/advisory-text.ts';
import { laterDate } from '../../core/advisories/dates.ts';
import { compareIn } from '../../core/advisories/ecosystem-versions.ts';
import { buildKnowledge, type KnowledgeInput } from '../../core/advisories/knowledge.ts';
import type { Advisory, EpssScore, Knowledge, KnownExploited } from '../../core/advisories/types.ts';
import { type AdvisoryFile, advisoryFiles, fail, readAdvisoryFile } from './advisory-files.ts';

/** What was read from one path that was given, per format. */
export interface AdvisorySource {
  readonly path: string;
  readonly kind: 'osv' | 'debian-list' | 'kev' | 'epss';
  readonly files: number;
  readonly records: number;
  /** ISO 8601 date of the newest record, or of the catalogue; null: nobody told. */
  readonly newest: string | null;
  /** Records that could not be read, at most 50 lines. */
  readonly problems: readonly string[];
}

/** Everything that a set of files says, not yet indexed. */
export interface AdvisoryData {
  readonly advisories: readonly Advisory[];
  readonly exploited: readonly KnownExploited[];
  readonly epss: readonly EpssScore[];
  readonly sources: readonly AdvisorySource[];
}

const MOST_PROBLEMS = 50;

/**
 * Reads files and folders of vulnerability data and indexes them. Formats are told by content (see
 * `readAdvisoryText`), gzip and zstd are unpacked. Throws `AdvisoriesInvalid` with the file's name for a file that was
 * named and is of no known format, for one that is damaged or too large, and for a folder of which nothing is known;
 * in a folder, files that are no advisories (a README) are passed over.
 */
export async function loadKnowledge(
  paths: readonly string[],
  options: Partial<Pick<KnowledgeInput, 'compare' | 'changelogs'>> = {},
): Promise<{ readonly knowledge: Knowledge; readonly sources: readonly AdvisorySource[] }> {
  const { sources, ...data } = await loadAdvisories(paths);
  return { knowledge: buildKnowledge({ compare: compareIn, ...options, ...data }), sources };
}

/** The same, not yet indexed: for callers that have more to add, such as changelogs. */
export async function loadAdvisories(paths: readonly string[]): Promise<AdvisoryData> {
  const data = { advisories: [] as Advisory[], exploited: [] as KnownExploited[], epss: [] as EpssScore[] };
  const sources: AdvisorySource[] = [];
  for (const path of paths) {
    const files = await advisoryFiles(path);
    const rows = new Map<AdvisorySource['kind'], AdvisorySource>();
    for (const file of files) {
      const text = await readText(file);
      if (text.kind === null) continue;
      keep(data, text);
      rows.set(text.kind, sourceRow(rows.get(text.kind), path, file, text));
    }
    if (files.length > 0 && rows.size === 0) fail(path, 'nothing in this folder is of a known format');
    sources.push(...rows.values());
  }
  return { ...data, sources };
}

async function readText(file: AdvisoryFile): Promise<AdvisoryText> {
  const text = readAdvisoryText(await readAdvisoryFile(file.path));
  if (text.kind === null) {
    if (file.named || text.damaged) fail(file.path, text.reason);
  } else if (file.named && text.parsed.records.length === 0 && text.parsed.problems.length > 0) {
    fail(file.path, text.parsed.problems.slice(0, 3).join('; '));
  }
  return text;
}

interface Collected {
  readonly advisories: Advisory[];
  readonly exploited: KnownExploited[];
  readonly epss: EpssScore[];
}

function keep(data: Collected, text: Exclude<AdvisoryText, { kind: null }>): void {
  if (text.kind === 'kev') for (const one of text.parsed.records) data.exploited.push(one);
  else if (text.kind === 'epss') for (const one of text.parsed.records) data.epss.push(one);
  else for (const one of text.parsed.records) data.advisories.push(one);
}

function sourceRow(
  row: AdvisorySource | undefined,
  path: string,
  file: AdvisoryFile,
  { kind, parsed }: Exclude<AdvisoryText, { kind: null }>,
): AdvisorySource {
  const problems = parsed.problems.map((problem) => (file.named ? problem : `${file.path}: ${problem}`));
  return {
    path,
    kind,
    files: (row?.files ?? 0) + 1,
    records: (row?.records ?? 0) + parsed.records.length,
    newest: laterDate(row?.newest ?? null, parsed.newest),
    problems: [...(row?.problems ?? []), ...problems].slice(0, MOST_PROBLEMS),
  };
}
