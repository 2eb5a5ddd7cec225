import { cveIds } from '../../core/advisories/cve.ts';
import type { ChangelogEntry } from '../../core/advisories/types.ts';

/** Far above the longest changelogs of Debian (linux, chromium); what a hostile package may make us hold. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
const MOST_ENTRIES = 10_000;
const LONGEST_HEADING = 2_000;

const HEADING = /^([a-z0-9][a-z0-9+.-]*) \(([^\s()]+)\)((?:[ \t]+[a-z0-9+.-]+)+);(.*)$/i;
/** Below this line dpkg reads no further. */
const OLD_CHANGELOG = /^old changelog:$/i;
const TRAILER = /^ -- .*>[ \t]+([^<>]+?)[ \t]*$/;
const DATE =
  /^(?:[a-z]{3,9},?\s+)?(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4})\s+([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s+(?:([+-])(\d{2})(\d{2})|UTC|GMT|Z)(?:\s+\([^()]{0,40}\))?$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Reads a Debian changelog, newest entry first as it stands there. The text comes from a package and is not trusted:
 * what is no entry is passed over, and no more than 32 Mi characters and 10,000 entries are looked at.
 * https://manpages.debian.org/bookworm/dpkg-dev/deb-changelog.5.en.html
 */
export function parseChangelog(text: string): readonly ChangelogEntry[] {
  const entries: ChangelogEntry[] = [];
  let heading: Heading | null = null;
  let date: string | null = null;
  let body = 0;
  const limit = Math.min(text.length, MOST_CHARACTERS);
  for (let line = 0, end = 0; line < limit; line = end + 1) {
    const newline = text.indexOf('\n', line);
    end = newline < 0 || newline > limit ? limit : newline;
    const code = text.charCodeAt(line);
    if (code === 0x20 && text.startsWith(' -- ', line)) {
      date ??= trailerDate(text.slice(line, Math.min(end, line + LONGEST_HEADING)));
    } else if (code > 0x20) {
      const shown = text.slice(line, Math.min(end, line + LONGEST_HEADING)).trimEnd();
      if (OLD_CHANGELOG.test(shown)) break;
      const next = headingOf(shown);
      if (next === null) continue;
      if (heading !== null) entries.push({ ...heading, date, cves: cveIds(text.slice(body, line)) });
      if (entries.length === MOST_ENTRIES) return entries;
      heading = next;
      date = null;
      body = end;
    }
  }
  if (heading !== null) entries.push({ ...heading, date, cves: cveIds(text.slice(body, limit)) });
  return entries;
}

type Heading = Omit<ChangelogEntry, 'date' | 'cves'>;

/** `source (version) distribution …; urgency=low, key=value` */
function headingOf(line: string): Heading | null {
  const [, source, version, distributions = '', keys = ''] = HEADING.exec(line) ?? [];
  if (source === undefined || version === undefined) return null;
  const urgency = /(?:^|,)\s*urgency\s*=\s*([a-z]+)/i.exec(keys)?.[1]?.toLowerCase() ?? null;
  return { source, version, distributions: distributions.trim().split(/[ \t]+/), urgency };
}

function trailerDate(line: string): string | null {
  const [
    ,
    day = '',
    month = '',
    year = '',
    hour = '',
    minute = '',
    second = '0',
    sign,
    zoneHours = '0',
    zoneMinutes = '0',
  ] = DATE.exec(TRAILER.exec(line)?.[1] ?? '') ?? [];
  const monthIndex = MONTHS.indexOf(month.toLowerCase());
  if (monthIndex < 0 || Number(year) < 1990) return null;
  const local = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  if (new Date(local).getUTCDate() !== Number(day)) return null;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(local - offset).toISOString().replace('.000Z', 'Z');
}
