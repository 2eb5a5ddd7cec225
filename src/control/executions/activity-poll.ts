import { and, eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Bell } from '../../store/bell.ts';
import type { Database } from '../../store/database.ts';
import { activity } from '../../store/schema/executions.ts';
import { advanceExecution } from './advance.ts';
import { noteFault, TransitionFault } from './faults.ts';
import { listen } from './listen.ts';
import { unpack } from './payloads.ts';

const POLL_MS = 60_000;
const LOOK_MS = 1000;

export interface ActivityPoll {
  /** Not a transaction: the poll waits, and takes the task in one of its own. */
  readonly db: Database;
  readonly bell: Bell;
  readonly account: string;
  readonly now: () => Date;
  readonly signal?: AbortSignal;
  /** 60 s, as AWS waits. */
  readonly pollMs?: number;
}

/**
 * The next task of an activity, waited for; null where there was none in that time. A worker that dies with it is
 * missed by HeartbeatSeconds or TimeoutSeconds of its state. Throws ActivityDoesNotExist.
 */
export async function getActivityTask(
  poll: ActivityPoll,
  { activityArn, workerName }: { readonly activityArn: string; readonly workerName?: string },
): Promise<{ taskToken: string; input: string } | null> {
  const [known] = await poll.db
    .select({ arn: activity.arn })
    .from(activity)
    .where(and(eq(activity.arn, activityArn), eq(activity.account, poll.account)));
  if (known === undefined) throw new AwsError('ActivityDoesNotExist', `Activity Does Not Exist: '${activityArn}'`);
  const { bell, signal, pollMs = POLL_MS } = poll;
  const end = Date.now() + pollMs;
  while (signal?.aborted !== true) {
    // Listens before it looks: what comes in between is heard.
    const heard = listen(bell, ['kintsugi_task', activityArn], Math.min(LOOK_MS, end - Date.now()), signal);
    const task = await take(poll, activityArn, workerName ?? null).catch(async (error: unknown) => {
      heard.stop();
      // The next poll takes the next one's.
      if (error instanceof TransitionFault) await noteFault(poll.db, error, poll.now());
      throw error;
    });
    if (task !== null) {
      heard.stop();
      return task;
    }
    await heard.done;
    if (Date.now() >= end) return null;
  }
  return null;
}

async function take(
  { db, account, now }: ActivityPoll,
  activityArn: string,
  worker: string | null,
): Promise<{ taskToken: string; input: string } | null> {
  const at = now();
  return db.transaction(async (tx) => {
    // The execution first, as everywhere, so that no two wait for each other.
    const { rows } = await tx.execute<{ execution: string }>(sql`
      SELECT t.execution FROM execution_task t JOIN execution e ON e.arn = t.execution
      WHERE t.kind = 'activity' AND t.resource = ${activityArn} AND t.account = ${account} AND t.taken_at IS NULL
        AND (e.retry_at IS NULL OR e.retry_at <= ${at})
      ORDER BY t.scheduled_at, t.id LIMIT 1 FOR UPDATE OF e SKIP LOCKED`);
    const arn = rows[0]?.execution;
    if (arn === undefined) return null;
    const taken = await tx.execute<{ id: string; scope: string; token: string; input: string }>(sql`
      UPDATE execution_task SET taken_at = ${at} WHERE (execution, id) = (
        SELECT execution, id FROM execution_task
        WHERE execution = ${arn} AND kind = 'activity' AND resource = ${activityArn} AND taken_at IS NULL
        ORDER BY scheduled_at, id LIMIT 1)
      RETURNING id, scope, token, input`);
    const task = taken.rows[0];
    if (task === undefined) return null;
    await advanceExecution(tx, arn, { type: 'taskStarted', scope: task.scope, task: task.id, worker }, at);
    return { taskToken: task.token, input: await unpack<string>(tx, arn, task.input) };
  });
}
