import { cveIds, sortCves } from './cve.ts';
import { isoDate, laterDate } from './dates.ts';
import { at, isRecord, recordsOf, textOf, textsOf } from './json.ts';
import { affectedPackages } from './osv-affected.ts';
import { osvSeverity } from './osv-severity.ts';
import { type Parsed, problemLog, quote } from './parsed.ts';
import type { Advisory, AdvisoryType } from './types.ts';

type Json = Readonly<Record<string, unknown>>;

const ID = /^[A-Za-z0-9][A-Za-z0-9:._+-]{1,99}$/;
const LONGEST_TITLE = 500;
const MOST_REFERENCES = 200;

/** True for what has the shape of an OSV record, sound or not. */
export function isOsvRecord(value: unknown): value is Json {
  return isRecord(value) && typeof value.id === 'string' && (Array.isArray(value.affected) || 'modified' in value);
}

/**
 * Reads OSV records (their JSON, already parsed). Withdrawn records are left out: their publisher took them back.
 * https://ossf.github.io/osv-schema/
 */
export function parseOsv(values: Iterable<unknown>): Parsed<Advisory> {
  const problems = problemLog();
  const records: Advisory[] = [];
  let newest: string | null = null;
  let number = 0;
  for (const value of values) {
    number += 1;
    if (!isOsvRecord(value)) {
      problems.add(`record ${number}: not an OSV record`);
    } else if (!ID.test(textOf(value.id))) {
      problems.add(`record ${number}: not an id: ${quote(textOf(value.id))}`);
    } else if (isoDate(value.withdrawn) === null) {
      const advisory = osvAdvisory(value);
      records.push(advisory);
      newest = laterDate(newest, laterDate(advisory.updated, advisory.issued));
    }
  }
  return { records, problems: problems.lines(), newest };
}

function osvAdvisory(record: Json): Advisory {
  const id = textOf(record.id);
  const named = ['aliases', 'related', 'upstream'].flatMap((key) => textsOf(record[key]));
  const cves = sortCves([id, ...named].flatMap((one) => cveIds(one)));
  return {
    id,
    type: advisoryType(id, cves),
    title: titleOf(record),
    issued: isoDate(record.published),
    updated: isoDate(record.modified),
    severity: osvSeverity(record),
    cves,
    references: recordsOf(record.references)
      .map((one) => textOf(at(one, 'url')))
      .filter((url) => /^https?:\/\/[!-~]{1,1000}$/.test(url))
      .slice(0, MOST_REFERENCES),
    affected: affectedPackages(record),
  };
}

function titleOf(record: Json): string {
  const text = textOf(record.summary).trim() || textOf(record.details).trim().split('\n', 1)[0] || textOf(record.id);
  return text.length > LONGEST_TITLE ? `${text.slice(0, LONGEST_TITLE)}…` : text;
}

const RED_HAT_KINDS: Readonly<Record<string, AdvisoryType>> = { S: 'security', B: 'bugfix', E: 'enhancement' };
const SUSE_KINDS: Readonly<Record<string, AdvisoryType>> = {
  S: 'security',
  R: 'recommended',
  F: 'enhancement',
  O: 'optional',
};

/**
 * The kind of advisory is in its id: RHSA, RHBA and RHEA and their rebuilds (ALSA, RLBA, …), SUSE-SU and SUSE-RU.
 * Anything else is in OSV because it names a vulnerability.
 */
function advisoryType(id: string, cves: readonly string[]): AdvisoryType {
  const redHat = RED_HAT_KINDS[/^[A-Z]{2}([SBE])A-/.exec(id)?.[1] ?? ''];
  const suse = SUSE_KINDS[/^(?:open)?SUSE-([SRFO])U-/.exec(id)?.[1] ?? ''];
  const vulnerability = cves.length > 0 || /^(?:DSA|DLA|DTSA|USN|LSN|GHSA|MGASA|CGA|ALAS[A-Z0-9]*)-/.test(id);
  return redHat ?? suse ?? (vulnerability ? 'security' : 'unknown');
}
