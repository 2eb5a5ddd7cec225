import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { faultMessage } from '../../core/fault-message.ts';
import type { Happening } from '../../core/states-language/machine/types.ts';
import type { Database } from '../../store/database.ts';
import { type AdvanceOptions, advanceExecution } from './advance.ts';
import { noteFault, TransitionFault } from './faults.ts';
import { unpack } from './payloads.ts';
import { type FindTaskRunner, TaskError, type TaskSurroundings } from './task-runner.ts';

/** How long a server that says nothing keeps a task: after this another one starts it again. */
export const LEASE_MS = 10_000;
const RENEW_MS = 3000;
const AGAIN_MS = 500;
const MOST_CAUSE = 32_768;

export interface Runner {
  readonly db: Database;
  /** Of this server. */
  readonly name: string;
  readonly find: FindTaskRunner;
  readonly now: () => Date;
  readonly advance: AdvanceOptions;
  readonly leaseMs?: number;
}

export interface TakenTask {
  readonly execution: string;
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly scope: string;
  readonly kind: 'request' | 'sync' | 'token';
  readonly resource: string;
  readonly input: string;
  readonly token: string | null;
  readonly attempts: number;
}

/**
 * Takes tasks that nobody does under a lease: those never started, and those whose server has gone silent. PostgreSQL's
 * clock measures leases: one server's clock that is ahead must not take what another one does.
 */
export async function takeTasks({ db, name, leaseMs = LEASE_MS }: Runner, most: number): Promise<TakenTask[]> {
  if (most <= 0) return [];
  const { rows } = await db.execute<TakenTask & Record<string, unknown>>(sql`
    WITH free AS (
      SELECT execution, id FROM execution_task
      WHERE kind <> 'activity' AND taken_at IS NULL AND (leader_until IS NULL OR leader_until < clock_timestamp())
        AND NOT EXISTS (SELECT FROM execution c JOIN map_run m ON m.arn = c.map_run
          WHERE c.arn = execution_task.execution AND (m.status <> 'RUNNING' OR m.step = 'stop'))
      ORDER BY leader_until NULLS FIRST, scheduled_at LIMIT ${most} FOR UPDATE SKIP LOCKED)
    UPDATE execution_task t SET leader = ${name}, leader_until = ${leaseEnd(leaseMs)}, attempts = attempts + 1
    FROM free, execution e WHERE t.execution = free.execution AND t.id = free.id AND e.arn = t.execution
    RETURNING t.execution, t.id, t.account, e.region, t.scope, t.kind, t.resource, t.input, t.token, t.attempts`);
  return rows;
}

/**
 * Runs a task that was taken until its end, and tells its execution. Ends silently when the task is not ours any more.
 * `waits` is called when the task has done its part and only waits for something else.
 */
export async function runTask(runner: Runner, task: TakenTask, halt: AbortSignal, waits?: () => void): Promise<void> {
  const lost = new AbortController();
  const keeping = keepLease(runner, task, lost);
  const signal = AbortSignal.any([halt, lost.signal]);
  try {
    const told = await outcome(runner, task, signal, waits);
    // A lost task is somebody else's; a halted one is given back below and starts again elsewhere.
    if (told === null || signal.aborted) return;
    await surelyTell(runner, task, told, signal);
  } finally {
    clearInterval(keeping);
    if (halt.aborted) await giveBack(runner, task);
  }
}

async function outcome(
  runner: Runner,
  task: TakenTask,
  signal: AbortSignal,
  waits?: () => void,
): Promise<Happening | null> {
  const about = { scope: task.scope, task: task.id };
  const { db, now, advance } = runner;
  const input = JSON.parse(await unpack<string>(db, task.execution, task.input)) as unknown;
  const came = await taskOutcome(runner.find, task.resource, input, {
    account: task.account,
    region: task.region,
    executionArn: task.execution,
    taskToken: task.token,
    idempotencyKey: `${task.execution}#${task.id}`,
    start: task.attempts,
    signal,
    heartbeat: async () => {
      await advanceExecution(db, task.execution, { type: 'taskHeartbeat', ...about }, now(), advance);
    },
    ...(waits === undefined ? {} : { waits }),
  });
  if (came === null) return null;
  if ('error' in came) return { type: 'taskFailed', ...about, ...came };
  return { type: task.kind === 'token' ? 'taskSubmitted' : 'taskSucceeded', ...about, ...came };
}

/** What came of a task: its output as JSON text, or its failure; null where it was aborted. Never throws. */
export async function taskOutcome(
  find: FindTaskRunner,
  resource: string,
  input: unknown,
  around: Omit<TaskSurroundings, 'resource'>,
): Promise<{ readonly output: string } | { readonly error: string; readonly cause: string } | null> {
  try {
    const found = find(resource);
    if (found === null) {
      const cause = `No part of this server runs the resource '${resource}'.`;
      return { error: 'Kintsugi.UnknownResource', cause };
    }
    const output = await found.run(input, { ...around, resource });
    return { output: JSON.stringify(output ?? null) };
  } catch (error) {
    if (around.signal.aborted) return null;
    const name = error instanceof TaskError ? error.error : 'States.TaskFailed';
    return { error: name, cause: faultMessage(error).slice(0, MOST_CAUSE) };
  }
}

/** What a task has done is not done again because its execution cannot take it: it is told until that ends. */
async function surelyTell(runner: Runner, task: TakenTask, told: Happening, signal: AbortSignal): Promise<void> {
  for (let wait = AGAIN_MS; ; wait *= 2) {
    try {
      return await tell(runner, task, told);
    } catch (error) {
      if (!(error instanceof TransitionFault) || (await noteFault(runner.db, error, runner.now()))) throw error;
    }
    await sleep(wait, undefined, { signal });
  }
}

async function tell({ db, now, advance }: Runner, task: TakenTask, told: Happening): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ arn: string }>(
      sql`SELECT arn FROM execution WHERE arn = ${task.execution} FOR UPDATE`,
    );
    if (rows.length === 0) return;
    if (told.type === 'taskSubmitted') {
      // Only its token can end it now.
      await tx.execute(
        sql`UPDATE execution_task SET taken_at = ${now()}, leader = NULL, leader_until = NULL WHERE execution = ${task.execution} AND id = ${task.id}`,
      );
    }
    await advanceExecution(tx, task.execution, told, now(), advance);
  });
}

/** Until the lease could not be renewed in its time, or the task is gone or another server's. */
function keepLease({ db, name, leaseMs = LEASE_MS }: Runner, task: TakenTask, lost: AbortController): NodeJS.Timeout {
  let heldUntil = Date.now() + leaseMs;
  let isBusy = false;
  return setInterval(
    () => {
      if (Date.now() >= heldUntil) lost.abort();
      if (isBusy || lost.signal.aborted) return;
      isBusy = true;
      const asked = Date.now();
      db.execute(
        sql`UPDATE execution_task SET leader_until = ${leaseEnd(leaseMs)} WHERE execution = ${task.execution} AND id = ${task.id} AND leader = ${name} RETURNING id`,
      )
        .then(
          ({ rows }) => {
            if (rows.length === 0) lost.abort();
            else heldUntil = asked + leaseMs;
          },
          // The store is away: the lease runs out by itself.
          () => {},
        )
        .finally(() => {
          isBusy = false;
        });
    },
    Math.min(RENEW_MS, leaseMs / 3),
  );
}

function leaseEnd(leaseMs: number) {
  return sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`;
}

async function giveBack({ db, name }: Runner, task: TakenTask): Promise<void> {
  await db
    .execute(
      sql`UPDATE execution_task SET leader = NULL, leader_until = NULL WHERE execution = ${task.execution} AND id = ${task.id} AND leader = ${name}`,
    )
    .catch(() => {});
}
