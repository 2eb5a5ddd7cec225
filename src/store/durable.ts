import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';

/** For the last statement of a transaction whose caller then waits for `Flush`: its COMMIT does not sync the disk. */
export const COMMIT_WITHOUT_SYNC = sql`set_config('synchronous_commit', 'off', true)`;

/** Resolves once everything that was committed before the call is on the disk. */
export type Flush = () => Promise<void>;

/**
 * One sync of the disk for all the commits that wait for one. A transaction that holds a lock which others wait for
 * (the end of the audit log) would hold it through its own sync, so that syncs came one after the other: it commits
 * without, and its caller answers only after this. The write-ahead log is flushed in order: any later synchronous
 * commit, here of one small record, makes all before it durable too.
 * https://www.postgresql.org/docs/current/wal-async-commit.html
 */
export function flushOf(db: Database): Flush {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const begin = (): Promise<void> => {
    // Not an empty transaction, whose commit would write nothing and so not wait for the disk.
    running = db
      .execute(sql`SELECT pg_logical_emit_message(true, 'kintsugi', '')`)
      .then(() => {})
      .finally(() => {
        running = null;
      });
    return running;
  };
  return () => {
    // The one that runs may have begun before the caller's commit: the caller waits for the one after it.
    if (running === null) return begin();
    next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}
