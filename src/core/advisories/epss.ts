import { csvRows } from './csv.ts';
import { cveId } from './cve.ts';
import { isoDate } from './dates.ts';
import { type Parsed, problemLog, quote } from './parsed.ts';
import type { EpssScore } from './types.ts';

/**
 * Reads EPSS scores from CSV: FIRST's own files, with or without their `#model_version:…,score_date:…` line, and any
 * table that has columns named `CVE`, `EPSS` and `percentile` or `EPSS Percentile`, in any case and order.
 * https://www.first.org/epss/data_stats
 */
export function parseEpss(text: string): Parsed<EpssScore> {
  const problems = problemLog();
  const records: EpssScore[] = [];
  const newest = isoDate(/^#.*?\bscore_date:([^,\s]+)/.exec(text.slice(0, 1000))?.[1]);
  let columns: Columns | null = null;
  let row = 0;
  for (const cells of csvRows(text)) {
    row += 1;
    if (cells[0]?.startsWith('#') || (cells.length === 1 && cells[0] === '')) continue;
    if (columns === null) {
      columns = epssColumns(cells);
      if (columns !== null) continue;
      return { records, problems: ['the first line has no columns named cve, epss and percentile'], newest };
    }
    const score = epssScore(cells, columns);
    if (typeof score === 'string') problems.add(`row ${row}: ${score}`);
    else records.push(score);
  }
  return { records, problems: problems.lines(), newest };
}

interface Columns {
  readonly cve: number;
  readonly score: number;
  readonly percentile: number;
}

/** Where the columns are that EPSS needs; null where the heading lacks one. */
export function epssColumns(heading: readonly string[]): Columns | null {
  const names = heading.map((name) => name.trim().toLowerCase());
  const cve = names.indexOf('cve');
  const score = names.indexOf('epss');
  const percentile = names.findIndex((name) => name === 'percentile' || name === 'epss percentile');
  return cve < 0 || score < 0 || percentile < 0 ? null : { cve, score, percentile };
}

function epssScore(cells: readonly string[], columns: Columns): EpssScore | string {
  const cve = cveId(cells[columns.cve] ?? '');
  if (cve === null) return `not a CVE id: ${quote(cells[columns.cve] ?? '')}`;
  const score = fraction(cells[columns.score]);
  const percentile = fraction(cells[columns.percentile]);
  if (score === null || percentile === null) return `${cve} has no score and percentile between 0 and 1`;
  return { cve, score, percentile };
}

function fraction(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,2}(?:\.\d{1,20})?(?:e-\d{1,3})?$/i.test(text)) return null;
  const value = Number(text);
  return value <= 1 ? value : null;
}
