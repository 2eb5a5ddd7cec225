import { cveId } from './cve.ts';
import { isoDate } from './dates.ts';
import { isRecord, textOf } from './json.ts';
import { type Parsed, problemLog, quote } from './parsed.ts';
import type { KnownExploited } from './types.ts';

/**
 * Reads CISA's catalogue of known exploited vulnerabilities (its JSON, already parsed).
 * https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json
 */
export function parseKev(catalogue: unknown): Parsed<KnownExploited> {
  const problems = problemLog();
  const records: KnownExploited[] = [];
  const entries = isRecord(catalogue) ? catalogue.vulnerabilities : undefined;
  if (!isRecord(catalogue) || !Array.isArray(entries)) {
    return { records, problems: ['no list of vulnerabilities'], newest: null };
  }
  entries.forEach((entry: unknown, index) => {
    const one = knownExploited(entry);
    if (typeof one === 'string') problems.add(`vulnerabilities[${index}]: ${one}`);
    else records.push(one);
  });
  if (typeof catalogue.count === 'number' && catalogue.count !== entries.length) {
    problems.add(`the catalogue says that it has ${catalogue.count} entries and has ${entries.length}`);
  }
  return { records, problems: problems.lines(), newest: isoDate(catalogue.dateReleased) };
}

function knownExploited(entry: unknown): KnownExploited | string {
  if (!isRecord(entry)) return 'not an object';
  const cve = cveId(textOf(entry.cveID));
  if (cve === null) return `not a CVE id: ${quote(textOf(entry.cveID))}`;
  const dateAdded = isoDate(entry.dateAdded)?.slice(0, 10);
  if (dateAdded === undefined) return `${cve} has no date`;
  return {
    cve,
    dateAdded,
    dueDate: isoDate(entry.dueDate)?.slice(0, 10) ?? null,
    ransomware: textOf(entry.knownRansomwareCampaignUse).toLowerCase() === 'known',
  };
}
