import { sql } from 'drizzle-orm';
import { faultMessage } from '../../core/fault-message.ts';
import { isStoreAway } from '../../store/away.ts';
import type { Database } from '../../store/database.ts';
import { textFor } from './payloads.ts';

/** How often the engine tries a transition that fails by a fault: it waits 1, 2, 4 … seconds, two minutes in all. */
const MOST_FAULTS = 8;
/** Faults further apart than this have nothing to do with each other. */
const TOGETHER = sql`interval '1 hour'`;
const MOST_CAUSE = 1000;
/** Out of memory, disk or connections, an I/O error, a lock not had: PostgreSQL's, not the execution's. */
const STORE_STATES = /^(?:5[38]...|55P03|XX...|57014)$/;

/** A transition that threw something which is no failure of its state: a mistake of ours, or what cannot be stored. */
export class TransitionFault extends Error {
  readonly arn: string;

  constructor(arn: string, cause: unknown) {
    super(`${arn}: ${faultMessage(cause)}`, { cause });
    this.name = 'TransitionFault';
    this.arn = arn;
  }
}

/** The same error, where the store is away or in need; else a TransitionFault of it. */
export function asFault(arn: string, error: unknown): unknown {
  return error instanceof TransitionFault || isOfStore(error) ? error : new TransitionFault(arn, error);
}

/** What a map run threw is its parent's fault. */
export async function asMapRunFault(db: Database, mapRun: string, error: unknown): Promise<unknown> {
  if (error instanceof TransitionFault || isOfStore(error)) return error;
  const { rows } = await db.execute<{ execution: string }>(sql`SELECT execution FROM map_run WHERE arn = ${mapRun}`);
  return asFault(rows[0]?.execution ?? mapRun, error);
}

function isOfStore(error: unknown): boolean {
  if (isStoreAway(error)) return true;
  for (let one = error, depth = 0; one instanceof Error && depth < 10; one = one.cause, depth += 1) {
    if ('code' in one && typeof one.code === 'string' && STORE_STATES.test(one.code)) return true;
  }
  return false;
}

/**
 * Counts a fault, with its transaction gone: the execution is left alone for a while, and after the last try it has
 * failed. True when it has come to an end. A timeout of the whole execution and whatever tells it are not held up.
 */
export async function noteFault(db: Database, fault: TransitionFault, now: Date): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ faults: number }>(sql`
      UPDATE execution SET
        faults = CASE WHEN retry_at < ${now}::timestamptz - ${TOGETHER} THEN 1 ELSE faults + 1 END,
        retry_at = ${now}::timestamptz + make_interval(secs =>
          CASE WHEN retry_at < ${now}::timestamptz - ${TOGETHER} THEN 1 ELSE 2 ^ faults END)
      WHERE arn = ${fault.arn} AND status = 'RUNNING' RETURNING faults`);
    const [row] = rows;
    if (row === undefined) return true;
    if (row.faults < MOST_FAULTS) return false;
    await end(tx, fault, now);
    return true;
  });
}

/** Without the interpreter, which may be what does not work here. */
async function end(tx: Database, { arn, cause }: TransitionFault, now: Date): Promise<void> {
  const why = faultMessage(cause).slice(0, MOST_CAUSE);
  const error = 'States.Runtime';
  const told = textFor(
    `A fault of the server keeps the execution from going on, ${MOST_FAULTS} times in a row: ${why}`,
  );
  const details = JSON.stringify({ error, cause: told });
  await tx.execute(sql`
    UPDATE execution_scope SET phase = 'aborted', wake_at = NULL
    WHERE execution = ${arn} AND phase NOT IN ('succeeded', 'failed', 'aborted')`);
  await tx.execute(sql`DELETE FROM execution_task WHERE execution = ${arn}`);
  await tx.execute(sql`
    UPDATE map_run SET status = 'ABORTED', stopped_at = ${now}, step = 'stop', due_at = ${now}
    WHERE execution = ${arn} AND status = 'RUNNING'`);
  await tx.execute(sql`
    INSERT INTO execution_event (execution, id, previous, type, at, member, details)
    SELECT arn, last_event + 1, last_event, 'ExecutionFailed', ${now}, 'executionFailedEventDetails', ${details}
    FROM execution WHERE arn = ${arn} AND type = 'STANDARD'`);
  await tx.execute(sql`
    UPDATE execution SET status = 'FAILED', error = ${error}, cause = ${told}, stopped_at = ${now}, due_at = NULL,
      last_event = last_event + 1
    WHERE arn = ${arn}
    RETURNING pg_notify('kintsugi_execution_end', arn), pg_notify('kintsugi_map_run', coalesce(map_run, ''))`);
}
