import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';

const DAY_MS = 24 * 3_600_000;
const MOST_AT_ONCE = 200;

/**
 * Drops commands that ended more than 30 days ago with all that nodes told of them, as AWS does; the oldest first, some
 * at a time. Answers how many.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
export async function forgetOldCommands(db: Database, now: Date): Promise<number> {
  const before = new Date(now.getTime() - 30 * DAY_MS);
  return db.transaction(async (tx) => {
    const old = await tx.execute<{ account: string; command_id: string }>(
      sql`DELETE FROM command WHERE (account, command_id) IN (
        SELECT account, command_id FROM command WHERE completed_at < ${before}
        ORDER BY completed_at LIMIT ${MOST_AT_ONCE} FOR UPDATE SKIP LOCKED
      ) RETURNING account, command_id`,
    );
    if (old.rows.length === 0) return 0;
    const accounts = sql.param(old.rows.map(({ account }) => account));
    const ids = sql.param(old.rows.map((row) => row.command_id));
    await tx.execute(sql`WITH gone AS (
        DELETE FROM message m USING unnest(${accounts}::text[], ${ids}::text[]) AS c (account, command_id)
        WHERE m.account = c.account AND m.command_id = c.command_id RETURNING m.account, m.message_id, m.payload_hash
      ) DELETE FROM message_payload p USING gone
        WHERE p.account = gone.account AND p.hash = gone.payload_hash AND NOT EXISTS (
          SELECT FROM message other WHERE other.account = p.account AND other.payload_hash = p.hash
            AND other.message_id NOT IN (SELECT message_id FROM gone)
        )`);
    return old.rows.length;
  });
}
