import type { Advisory, Knowledge, Severity, SeverityLevel, UpdateQuery } from '../advisories/types.ts';
import { SEVERITY_LEVELS } from '../advisories/types.ts';
import type { Origin } from './inventory.ts';

/** What the evidence says of one step from an installed to an available version. */
export interface Classified {
  /** A word of the CLASSIFICATION filter, or null: nothing says so. */
  readonly classification: string | null;
  readonly classificationSource: 'advisory' | 'changelog' | 'archive' | null;
  readonly severity: Severity | null;
  readonly advisories: readonly string[];
  readonly cves: readonly string[];
  readonly exploited: readonly string[];
  readonly epss: number | null;
  /** ISO 8601 date of the newest advisory that the step fixes, or null. */
  readonly releasedAt: string | null;
}

const WORD: Readonly<Record<Advisory['type'], string | null>> = {
  security: 'Security',
  bugfix: 'Bugfix',
  enhancement: 'Enhancement',
  newpackage: 'Newpackage',
  recommended: 'Recommended',
  optional: 'Optional',
  unknown: null,
};

/**
 * An archive of security updates by its own Release file: Debian's `bookworm-security` with label Debian-Security,
 * Ubuntu's `jammy-security`. Only archives whose signature the package manager trusts count, as with Systems Manager.
 */
export function isSecurityOrigin(origin: Origin): boolean {
  let known = securityOrigins.get(origin);
  if (known === undefined) {
    const named = (word: string) => /(^|-)security$/i.test(word);
    known = origin.trusted && (named(origin.archive) || named(origin.codename) || named(origin.label));
    securityOrigins.set(origin, known);
  }
  return known;
}

/** A machine has a handful of archives and thousands of packages from them. */
const securityOrigins = new WeakMap<Origin, boolean>();

/**
 * Advisories first, then the CVE ids of the changelog, and the archive's label only as the last resort: a third of
 * Debian's security fixes arrive in point releases, outside the archive that is called security.
 */
export function classify(query: UpdateQuery, origins: readonly Origin[], knowledge: Knowledge): Classified {
  const advisories = knowledge.fixedBy(query);
  const changelog = knowledge.changelog(query);
  const cves = [...new Set([...advisories.flatMap((advisory) => advisory.cves), ...(changelog?.cves ?? [])])].sort();
  const exploited = cves.filter((cve) => knowledge.exploited(cve) !== null);
  const scores = cves.map((cve) => knowledge.epss(cve)?.score ?? -1);
  const rest = {
    severity: worst(advisories.map((advisory) => advisory.severity)) ?? urgency(changelog?.urgency ?? null),
    advisories: advisories.map((advisory) => advisory.id),
    cves,
    exploited,
    epss: scores.some((score) => score >= 0) ? Math.max(...scores) : null,
    releasedAt: latest(advisories.map((advisory) => advisory.issued)),
  };
  if (advisories.some((advisory) => advisory.type === 'security')) {
    return { classification: 'Security', classificationSource: 'advisory', ...rest };
  }
  if (changelog !== null && changelog.cves.length > 0) {
    return { classification: 'Security', classificationSource: 'changelog', ...rest };
  }
  if (origins.some(isSecurityOrigin)) return { classification: 'Security', classificationSource: 'archive', ...rest };
  const word = advisories.map((advisory) => WORD[advisory.type]).find((found) => found !== null) ?? null;
  return { classification: word, classificationSource: word === null ? null : 'advisory', ...rest };
}

function worst(severities: readonly (Severity | null)[]): Severity | null {
  let found: Severity | null = null;
  for (const severity of severities) {
    if (severity === null) continue;
    if (found === null || SEVERITY_LEVELS.indexOf(severity.mapped) < SEVERITY_LEVELS.indexOf(found.mapped))
      found = severity;
  }
  return found;
}

/** A map, for the word is a stranger's: `constructor` must not find what every object has. */
const URGENCY: ReadonlyMap<string, SeverityLevel> = new Map([
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['emergency', 'critical'],
  ['critical', 'critical'],
]);

/** The uploader's own word; weaker than an advisory, and marked as what it is. */
function urgency(word: string | null): Severity | null {
  return word === null ? null : { source: 'debian-changelog', raw: word, mapped: URGENCY.get(word) ?? 'unknown' };
}

function latest(dates: readonly (string | null)[]): string | null {
  return (
    dates
      .filter((date) => date !== null)
      .sort()
      .at(-1) ?? null
  );
}
