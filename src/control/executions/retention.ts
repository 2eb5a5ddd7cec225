import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';

const DAY_MS = 24 * 3_600_000;
/** Nobody can look at one: it is kept only as long as somebody may want to find out in the store what it did. */
const EXPRESS_MS = DAY_MS;
const MOST_AT_ONCE = 200;

/**
 * Drops executions that ended more than 90 days ago with their histories and map runs, as AWS does; the oldest first,
 * some at a time; those of EXPRESS state machines after a day. Answers how many. Definitions stay: they are shared, and
 * small beside histories. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export async function forgetOldExecutions(db: Database, now: Date): Promise<number> {
  const before = new Date(now.getTime() - 90 * DAY_MS);
  return db.transaction(async (tx) => {
    const old = await tx.execute<{ arn: string }>(
      sql`DELETE FROM execution WHERE arn IN (
        SELECT arn FROM execution WHERE stopped_at < ${before} AND map_run IS NULL
        ORDER BY stopped_at LIMIT ${MOST_AT_ONCE} FOR UPDATE SKIP LOCKED
      ) RETURNING arn`,
    );
    const express = await tx.execute<{ arn: string }>(
      sql`DELETE FROM execution WHERE arn IN (
        SELECT arn FROM execution
        WHERE type = 'EXPRESS' AND map_run IS NULL AND stopped_at < ${new Date(now.getTime() - EXPRESS_MS)}
        ORDER BY stopped_at LIMIT ${MOST_AT_ONCE} FOR UPDATE SKIP LOCKED
      ) RETURNING arn`,
    );
    return old.rows.length + express.rows.length;
  });
}
