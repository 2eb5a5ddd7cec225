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
  const value = JSON.parse(json) as unknown;
  // Most rows have none.
  if (!json.includes('{"blob":"')) return value as T;
  return (await restored(db, arn, value)) as T;
}

async function restored(db: Pick<Database, 'execute'>, arn: string, value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((one) => restored(db, arn, one)));
  const keys = Object.keys(value);
  const { blob } = value as { blob?: unknown };
  if (keys.length === 1 && typeof blob === 'string' && /^[0-9a-f]{64}$/.test(blob)) {
    return (await fetchBlob(db, arn, blob)) ?? value;
  }
  const entries: [string, unknown][] = [];
  for (const [key, one] of Object.entries(value)) entries.push([key, await restored(db, arn, one)]);
  return Object.fromEntries(entries);
}

async function fetchBlob(db: Pick<Database, 'execute'>, arn: string, hash: string): Promise<string | null> {
  const { rows } = await db.execute<{ content: string }>(
    sql`SELECT content FROM execution_blob WHERE execution = ${arn} AND hash = ${hash}`,
  );
  return rows[0]?.content ?? null;
}

function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** For a column that is text: what PostgreSQL cannot hold is U+FFFD there. The history has it as it was. */
export function textFor(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
