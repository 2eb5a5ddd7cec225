import { createHmac, timingSafeEqual } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { AwsError } from '../core/aws-error.ts';
import type { Database } from '../store/database.ts';
import type { Call } from './call.ts';

/** Where a row stands in the order of its list: unique, and compared from the left. */
export type PageKey = readonly (string | number)[];

export interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Page<T> {
  readonly items: T[];
  /** Absent on the last page. */
  readonly NextToken?: string;
}

interface Paging<T> {
  /** The list that the token is for; with the filters in it, a token does not work for others. */
  readonly list: string;
  /** Rows of a page without MaxResults. */
  readonly size: number;
  readonly keyOf: (row: T) => PageKey;
  /** How many of the first rows one page holds, where that is a matter of their size: at least one. */
  readonly fitting?: (rows: readonly T[]) => number;
}

/**
 * One page of a list that the database orders. `fetch` answers at most `limit` rows whose key is greater than `after`
 * (all from the beginning where it is null), in the order of the key: a row that comes or goes between two pages shifts
 * no other. Throws InvalidNextToken for a token that this store did not give for this list and account.
 */
export async function page<T>(
  call: Pick<Call, 'db' | 'account'>,
  request: PageRequest,
  paging: Paging<T>,
  fetch: (after: PageKey | null, limit: number) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const size = request.MaxResults ?? paging.size;
  const after = request.NextToken ? await readToken(call, paging.list, request.NextToken) : null;
  const rows = await fetch(after, size + 1);
  const items = rows.slice(0, Math.min(size, paging.fitting?.(rows) ?? size));
  const last = items.at(-1);
  if (rows.length <= items.length || last === undefined) return { items };
  return { items, NextToken: await makeToken(call, paging.list, paging.keyOf(last)) };
}

/** The same for a list that is in memory, ordered here by its keys. */
export async function pageOf<T>(
  call: Pick<Call, 'db' | 'account'>,
  request: PageRequest,
  paging: Paging<T>,
  rows: readonly T[],
): Promise<Page<T>> {
  const keyed = rows.map((row) => ({ row, key: paging.keyOf(row) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key));
  return page(call, request, paging, async (after, limit) =>
    keyed
      .filter(({ key }) => after === null || compareKeys(key, after) > 0)
      .slice(0, limit)
      .map(({ row }) => row),
  );
}

function compareKeys(a: PageKey, b: PageKey): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

const MAC_BYTES = 16;

async function makeToken(call: Pick<Call, 'db' | 'account'>, list: string, key: PageKey): Promise<string> {
  const body = Buffer.from(JSON.stringify(key));
  return Buffer.concat([await macOf(call, list, body), body]).toString('base64url');
}

async function readToken(call: Pick<Call, 'db' | 'account'>, list: string, token: string): Promise<PageKey> {
  const bytes = Buffer.from(token, 'base64url');
  const body = bytes.subarray(MAC_BYTES);
  const mac = await macOf(call, list, body);
  const isOurs = bytes.length > MAC_BYTES && timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac);
  if (!isOurs) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  return JSON.parse(body.toString()) as PageKey;
}

async function macOf({ db, account }: Pick<Call, 'db' | 'account'>, list: string, body: Buffer): Promise<Buffer> {
  const mac = createHmac('sha256', await tokenKey(db)).update(JSON.stringify([account, list]));
  return mac.update(body).digest().subarray(0, MAC_BYTES);
}

const keys = new WeakMap<Database, Buffer>();

/** Of the database, so that a token outlives a restart and works on every server of it. */
async function tokenKey(db: Database): Promise<Buffer> {
  const known = keys.get(db);
  if (known !== undefined) return known;
  const { rows } = await db.execute<{ value: Buffer }>(sql`SELECT value FROM store_secret WHERE name = 'page-token'`);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the store has no key for page tokens');
  keys.set(db, value);
  return value;
}
