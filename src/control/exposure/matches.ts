import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type Edge, edgeKey, type Installed, type Range } from './ranges.ts';

/** A stored version that ranges of a question hold. */
export interface Match extends Installed {
  readonly id: number;
  readonly ecosystem: string;
  readonly name: string;
  readonly source: string;
  /** Ranges that it is in; empty where nothing but doubt is left. */
  readonly ranges: readonly Range[];
  /** `unreadable`: it, or an edge of a range, is no version; `silent`: the files say nothing for its release. */
  readonly doubt: 'unreadable' | 'silent' | null;
}

export type StoredVersion = Omit<Match, 'ranges' | 'doubt'>;
type Row = StoredVersion & { readonly range: number; readonly unreadable: boolean };

/** Stored versions that the ranges hold, by one join on names and sortable keys. Ascending by id. */
export async function matchesOf(db: Database, account: string, ranges: readonly Range[]): Promise<Match[]> {
  if (ranges.length === 0) return [];
  const { rows } = await db.execute<Row>(sql`
    SELECT one.id, one.ecosystem, one.name, one.architecture, one.version, one.source,
      one.source_version AS "sourceVersion", asked.range,
      (asked.unreadable OR key IS NULL) AS unreadable
    FROM json_to_recordset(${JSON.stringify(ranges.map(rangeRow))}::json) AS asked (range integer, ecosystem text,
      kind text, name text, unreadable boolean, lower text, lower_inclusive boolean, upper text, upper_inclusive boolean)
    CROSS JOIN LATERAL (
      SELECT found.*, found.source_key AS key FROM package_version found
      WHERE asked.kind = 'source' AND found.account = ${account} AND found.ecosystem = asked.ecosystem
        AND found.source = asked.name
      UNION ALL
      SELECT found.*, found.version_key AS key FROM package_version found
      WHERE asked.kind = 'binary' AND found.account = ${account} AND found.ecosystem = asked.ecosystem
        AND found.name = asked.name
    ) one
    WHERE asked.unreadable OR key IS NULL OR (
      (asked.lower IS NULL OR key > asked.lower COLLATE "C" OR (asked.lower_inclusive AND key = asked.lower COLLATE "C"))
      AND (asked.upper IS NULL OR key < asked.upper COLLATE "C" OR (asked.upper_inclusive AND key = asked.upper COLLATE "C"))
    )
    ORDER BY one.id, asked.range`);
  const matches = new Map<number, { row: Row; ranges: Range[]; doubt: Match['doubt'] }>();
  for (const row of rows) {
    const range = ranges[row.range];
    if (range === undefined || range.accepts?.(row) === false) continue;
    const match = matches.get(row.id) ?? { row, ranges: [], doubt: null };
    matches.set(row.id, match);
    const isUnreadable = row.unreadable && (range.lower !== null || range.upper !== null);
    if (isUnreadable) match.doubt = 'unreadable';
    else if (range.doubtful) match.doubt ??= 'silent';
    else match.ranges.push(range);
  }
  return [...matches.values()].map(({ row: { range, unreadable, ...row }, ...rest }) => ({ ...row, ...rest }));
}

function rangeRow(range: Range, index: number) {
  const { ecosystem, kind, name, lower, upper } = range;
  const key = (edge: Edge | null) => (edge === null ? null : edgeKey(ecosystem, edge));
  const [from, to] = [key(lower), key(upper)];
  return {
    range: index,
    ecosystem,
    kind,
    name,
    unreadable: from === undefined || to === undefined,
    lower: from ?? null,
    lower_inclusive: lower?.inclusive ?? false,
    upper: to ?? null,
    upper_inclusive: upper?.inclusive ?? false,
  };
}

/** Every stored version of the binaries of these names: the updates of matches are among them. */
export async function versionsNamed(
  db: Database,
  account: string,
  names: readonly Pick<Match, 'ecosystem' | 'name'>[],
): Promise<StoredVersion[]> {
  if (names.length === 0) return [];
  const { rows } = await db.execute<StoredVersion>(sql`
    SELECT id, ecosystem, name, architecture, version, source, source_version AS "sourceVersion"
    FROM package_version WHERE account = ${account} AND (ecosystem, name) IN (
      SELECT * FROM unnest(${sql.param(names.map((one) => one.ecosystem))}::text[],
        ${sql.param(names.map((one) => one.name))}::text[]))`);
  return rows;
}

/** Which of these versions each set has: ids by the id of the set. */
export async function setsWith(
  db: Database,
  account: string,
  versions: readonly number[],
): Promise<ReadonlyMap<number, number[]>> {
  const bySet = new Map<number, number[]>();
  if (versions.length === 0) return bySet;
  const { rows } = await db.execute<{ version: number; sets: number[] }>(sql`
    SELECT asked.version, found.sets FROM unnest(${sql.param(versions)}::integer[]) asked (version)
    CROSS JOIN LATERAL (
      SELECT array_agg(one.id) AS sets FROM package_set one
      WHERE one.packages @> ARRAY[asked.version] AND one.account = ${account}
    ) found WHERE found.sets IS NOT NULL`);
  for (const { version, sets } of rows) {
    for (const set of sets) {
      const known = bySet.get(set);
      if (known === undefined) bySet.set(set, [version]);
      else known.push(version);
    }
  }
  return bySet;
}
