import { scoreCvss } from './cvss.ts';
import { ecosystemOf, packageKind, vendorOf } from './ecosystem.ts';
import { at, isRecord, recordsOf, textOf } from './json.ts';
import { mapSeverity, worstSeverity } from './severity.ts';
import type { Severity } from './types.ts';

/** Vendors of rpm distributions put their rating into the title. */
const TITLE_RATING = /^(Critical|Important|Moderate|Low):|\((Critical|Important|Moderate|Low)\)$/;
const RED_HAT_RATING =
  /^https:\/\/access\.redhat\.com\/security\/updates\/classification\/#(critical|important|moderate|low)$/;

const LONGEST_VECTOR = 1000;

type Json = Readonly<Record<string, unknown>>;

/**
 * The severity of an OSV record: its vendor's word where that says a level, else the worst of the CVSS vectors of
 * the newest version there is; null where nobody says anything.
 */
export function osvSeverity(record: Json): Severity | null {
  const vendor = vendorSeverity(record);
  return vendor === null || vendor.mapped === 'unknown' ? (cvssSeverity(record) ?? vendor) : vendor;
}

/** What a vendor itself says of an OSV record, the worst where it says several things; null where it says nothing. */
function vendorSeverity(record: Json): Severity | null {
  const affected = recordsOf(record.affected);
  const ecosystem = ecosystemOf(textOf(at(affected[0]?.package, 'ecosystem')));
  const vendor = textOf(record.id).startsWith('GHSA-') ? 'github' : vendorOf(ecosystem) || 'osv';
  const said = [
    ...typedRatings(record.severity),
    ...ratingWords(vendor, record.database_specific),
    ...affected.flatMap((one) => [
      ...typedRatings(one.severity),
      ...ratingWords(vendor, one.ecosystem_specific),
      ...ratingWords(vendor, one.database_specific),
    ]),
  ];
  if (said.length === 0 && packageKind(ecosystem) === 'binary') said.push(...ratedInText(vendor, record));
  return worstSeverity(said);
}

function cvssSeverity(record: Json): Severity | null {
  const scored = [record, ...recordsOf(record.affected)]
    .flatMap((one) => recordsOf(one.severity))
    .filter((one) => textOf(one.type).startsWith('CVSS_') && textOf(one.score).length <= LONGEST_VECTOR)
    .flatMap((one) => {
      const result = scoreCvss(textOf(one.score));
      return 'error' in result ? [] : [{ ...result, vector: textOf(one.score) }];
    })
    .sort((a, b) => (a.version === b.version ? b.score - a.score : a.version < b.version ? 1 : -1));
  const [best] = scored;
  return best === undefined ? null : { source: `cvss:${best.version}`, raw: best.vector, mapped: best.severity };
}

/** Severities whose type is a vendor's name, not a scoring system: `{ "type": "Ubuntu", "score": "medium" }`. */
function typedRatings(severity: unknown): readonly Severity[] {
  return recordsOf(severity).flatMap((one) => {
    const type = textOf(one.type);
    return type === '' || type.startsWith('CVSS_') ? [] : rated(type.toLowerCase(), one.score);
  });
}

function ratingWords(vendor: string, specific: unknown): readonly Severity[] {
  if (!isRecord(specific)) return [];
  return [
    ...rated(vendor, specific.severity),
    ...rated('debian', specific.urgency),
    ...rated('ubuntu', specific.ubuntu_priority),
  ];
}

function rated(source: string, word: unknown): readonly Severity[] {
  return typeof word === 'string' && word !== '' && word.length <= 40 && source.length <= 40
    ? [mapSeverity(source, word)]
    : [];
}

function ratedInText(vendor: string, record: Json): readonly Severity[] {
  const title = TITLE_RATING.exec(textOf(record.summary));
  const word = title?.[1] ?? title?.[2];
  if (word !== undefined) return [mapSeverity(vendor, word)];
  return recordsOf(record.references).flatMap((one) => rated(vendor, RED_HAT_RATING.exec(textOf(one.url))?.[1]));
}
