import { cveIds } from './cve.ts';
import { isoDate, laterDate } from './dates.ts';
import { debianEcosystem } from './debian-releases.ts';
import { type Parsed, problemLog, quote } from './parsed.ts';
import type { Advisory, AdvisoryType, AffectedPackage } from './types.ts';

const HEADING = /^\[(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\] (D[A-Z]{1,2}A-\d+(?:-\d+)?)(?: (.*))?$/;
const RELEASE = /^\s+\[([a-z]{3,20})\] - +([a-z0-9][a-z0-9+.-]*) +(<[a-z-]+>|[^\s<>()]+)(?: +\(.*\))?\s*$/i;
const CVES = /^\s+\{([^}]*)\}\s*$/;
const NOTE = /^\s+(?:NOTE|TODO|REJECTED|RESERVED)\b/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LONGEST_LINE = 100_000;

/** Words in place of a version that say that no fixed version will come or that none is known. */
const NO_FIX = new Set(['<unfixed>', '<end-of-life>', '<no-dsa>', '<ignored>', '<postponed>', '<undetermined>']);

interface Draft {
  readonly id: string;
  readonly title: string;
  readonly issued: string | null;
  cves: readonly string[];
  readonly affected: AffectedPackage[];
}

/** True where a text begins as these lists do. */
export function isDebianList(text: string): boolean {
  return HEADING.test(text.slice(0, 2000).trimStart().split('\n', 1)[0]?.trimEnd() ?? '');
}

/**
 * Reads `data/DSA/list` or `data/DLA/list` of Debian's security tracker.
 * https://security-team.debian.org/security_tracker.html
 */
export function parseDebianList(text: string): Parsed<Advisory> {
  const problems = problemLog();
  const records: Advisory[] = [];
  let draft: Draft | null = null;
  let newest: string | null = null;
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    if (line.trim() === '') continue;
    if (line.length > LONGEST_LINE) {
      problems.add(`line ${number}: longer than ${LONGEST_LINE} characters`);
    } else if (line.startsWith('[')) {
      if (draft !== null) records.push(advisory(draft));
      draft = headingOf(line.trimEnd());
      newest = laterDate(newest, draft?.issued ?? null);
      if (draft === null) problems.add(`line ${number}: not a heading: ${quote(line)}`);
    } else if (draft === null || !readDetail(line, draft)) {
      problems.add(`line ${number}: not understood: ${quote(line)}`);
    }
  }
  if (draft !== null) records.push(advisory(draft));
  return { records, problems: problems.lines(), newest };
}

function headingOf(line: string): Draft | null {
  const [, day = '', month = '', year, id, title] = HEADING.exec(line) ?? [];
  if (id === undefined) return null;
  const monthNumber = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  return {
    id,
    title: title ?? id,
    issued: isoDate(`${year}-${monthNumber}-${day.padStart(2, '0')}`),
    cves: [],
    affected: [],
  };
}

/** Takes one indented line into the draft; false where it says nothing known. */
function readDetail(line: string, draft: Draft): boolean {
  const cves = CVES.exec(line);
  if (cves !== null) {
    draft.cves = cveIds(cves[1] ?? '');
    return true;
  }
  const [, codename, name, version] = RELEASE.exec(line) ?? [];
  if (codename === undefined || name === undefined || version === undefined) return NOTE.test(line);
  if (version === '<not-affected>') return true;
  if (version.startsWith('<') && !NO_FIX.has(version)) return false;
  draft.affected.push({
    ecosystem: debianEcosystem(codename.toLowerCase()),
    name,
    kind: 'source',
    fixed: version.startsWith('<') ? null : version,
  });
  return true;
}

function advisory(draft: Draft): Advisory {
  return {
    ...draft,
    type: typeOf(draft),
    updated: null,
    severity: null,
    references: [`https://security-tracker.debian.org/tracker/${draft.id}`],
  };
}

/** The LTS team also announces time zone data, new upstream versions and ends of support, which fix no vulnerability. */
function typeOf({ id, title, cves }: Draft): AdvisoryType {
  if (/\bend[ -]of[ -](?:life|support)\b/i.test(title)) return 'unknown';
  if (!id.startsWith('DLA-') || cves.length > 0 || /\b(?:security|regression|vulnerabilit)/i.test(title))
    return 'security';
  return 'bugfix';
}
