import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';

const INLINE = 64 * 1024;

/**
 * The large texts of an execution. Where rows keep JSON, a text above 64 KiB is `{"blob": HASH}` and stands once in
 * a table of its own, however often a state passes it on. One that PostgreSQL's text cannot hold (U+0000, half of a
 * surrogate pair) stays in JSON, where it is escaped.
 */
export interface Packed {
  readonly json: string;
  readonly blobs: ReadonlyMap<string, string>;
}

/** JSON of a value, its large strings taken out. */
export function pack(value: unknown): Packed {
  const blobs = new Map<string, string>();
  const json = JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one !== 'string' || one.length <= INLINE || !isText(one)) return one;
    const hash = createHash('sha256').update(one).digest('hex');
    blobs.set(hash, one);
    return { blob: hash };
  });
  return { json, blobs };
}

export async function unpack<T>(db: Pick<Database, 'execute'>, arn: string, json: string): Promise<T> {
  const [value] = await unpackAll<T>(db, arn, [json]);
  return value as T;
}

/** Several at once: a text that they share is read once. */
export async function unpackAll<T>(db: Pick<Database, 'execute'>, arn: string, jsons: readonly string[]): Promise<T[]> {
  const values = jsons.map((json) => JSON.parse(json) as unknown);
  const hashes = new Set<string>();
  // Most rows have none.
  for (const [index, json] of jsons.entries()) if (json.includes('{"blob":"')) collect(values[index], hashes);
  if (hashes.size === 0) return values as T[];
  const { rows } = await db.execute<{ hash: string; content: string }>(
    sql`SELECT hash, content FROM execution_blob
      WHERE execution = ${arn} AND hash = ANY(${sql.param([...hashes])}::text[])`,
  );
  const blobs = new Map(rows.map(({ hash, content }) => [hash, content]));
  return values.map((value) => restored(value, blobs)) as T[];
}

function hashOf(value: object): string | null {
  const { blob } = value as { blob?: unknown };
  return typeof blob === 'string' && /^[0-9a-f]{64}$/.test(blob) && Object.keys(value).length === 1 ? blob : null;
}

function collect(value: unknown, hashes: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const hash = hashOf(value);
  if (hash !== null) hashes.add(hash);
  else for (const one of Object.values(value)) collect(one, hashes);
}

function restored(value: unknown, blobs: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => restored(one, blobs));
  const hash = hashOf(value);
  if (hash !== null) return blobs.get(hash) ?? value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, restored(one, blobs)]));
}

function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** For a column that is text: what PostgreSQL cannot hold is U+FFFD there. The history has it as it was. */
export function textFor(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
