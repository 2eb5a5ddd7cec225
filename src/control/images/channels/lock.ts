import { sql } from 'drizzle-orm';
import type { Call } from '../../call.ts';

/**
 * One change of an account's images at a time, until the transaction's end: what a pointer was checked against stays
 * so until it has moved. Taken before any other lock.
 */
export async function lockImages({ db, account }: Pick<Call, 'db' | 'account'>): Promise<void> {
  await db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`images ${account}`}, 0))`);
}
