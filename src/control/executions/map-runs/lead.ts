import { eq, sql } from 'drizzle-orm';
import { EXCEEDED, mapRunStep } from '../../../core/states-language/machine/map-run-step.ts';
import { AWS_LIMITS } from '../../../core/states-language/machine/types.ts';
import type { Database } from '../../../store/database.ts';
import { COMMIT_WITHOUT_SYNC } from '../../../store/durable.ts';
import { type MapRunRow, mapRun } from '../../../store/schema/map-runs.ts';
import { type AdvanceOptions, advanceExecution } from '../advance.ts';
import { beginChildren } from './begin-children.ts';
import { stateOutput } from './results.ts';

/** Children that one transaction begins or stops at the most. */
const BATCH = 50;
/** A bell that was not heard is made up for after so long. */
const LOOK_MS = 5000;

export type Led = 'more' | 'rest' | 'ended';

/**
 * Takes a map run on by one step: counts children that have ended, begins others or stops them, and tells the parent
 * once all are over. Locks go from the parent over the run to its children and never back: a child that ends only says
 * so in its own row and rings.
 */
export async function leadMapRun(db: Database, arn: string, now: Date, options: AdvanceOptions = {}): Promise<Led> {
  const led = await db.transaction(async (tx) => {
    const [run] = await tx.select().from(mapRun).where(eq(mapRun.arn, arn)).for('update', { skipLocked: true });
    if (run === undefined) return 'rest';
    if (run.step === 'run') return go(tx, run, now, options);
    if (run.step === 'stop') return stop(tx, run, now, options);
    return run.step === 'over' ? 'over' : 'ended';
  });
  if (led !== 'over') return led;
  await tellParent(db, arn, now, options);
  return 'ended';
}

async function go(tx: Database, run: MapRunRow, now: Date, options: AdvanceOptions): Promise<Led | 'over'> {
  const counted = await count(tx, run);
  const step = mapRunStep({ ...run, ...counted, concurrency: run.maxConcurrency });
  if (step.type !== 'start') {
    await save(tx, run.arn, { ...counted, begun: run.begun, step: step.type, dueAt: now });
    return step.type === 'stop' ? 'more' : 'over';
  }
  const most = Math.min(step.most, BATCH);
  const begun = most === 0 ? 0 : await beginChildren(tx, run, most, now, options);
  const isMore = begun > 0 && step.most > BATCH;
  const dueAt = isMore ? now : new Date(now.getTime() + LOOK_MS);
  const running = counted.running + begun;
  await save(tx, run.arn, { ...counted, running, begun: run.begun + begun, step: 'run', dueAt });
  return isMore ? 'more' : 'rest';
}

/** Those that have ended since the last look. */
async function count(tx: Database, { arn, running, failedItems }: MapRunRow) {
  const { rows } = await tx.execute<{ ended: number; failed: number }>(sql`
    WITH ended AS (
      UPDATE execution SET map_state = 'counted'
      WHERE map_run = ${arn} AND map_state = 'running' AND status <> 'RUNNING' RETURNING status, map_items)
    SELECT count(*)::int AS ended, coalesce(sum(map_items) FILTER (WHERE status <> 'SUCCEEDED'), 0)::int AS failed
    FROM ended`);
  const { ended = 0, failed = 0 } = rows[0] ?? {};
  return { running: running - ended, failedItems: failedItems + failed };
}

async function stop(tx: Database, run: MapRunRow, now: Date, options: AdvanceOptions): Promise<Led | 'over'> {
  const { rows } = await tx.execute<{ arn: string }>(sql`
    SELECT arn FROM execution WHERE map_run = ${run.arn} AND map_state = 'running' AND status = 'RUNNING'
    ORDER BY map_position LIMIT ${BATCH}`);
  for (const { arn } of rows) {
    await advanceExecution(tx, arn, { type: 'abort', error: null, cause: null }, now, options);
  }
  const counted = await count(tx, run);
  const isLast = rows.length < BATCH;
  const after = run.status === 'RUNNING' ? 'over' : 'ended';
  const step = isLast ? after : 'stop';
  await save(tx, run.arn, { ...counted, begun: run.begun, step, dueAt: step === 'ended' ? null : now });
  if (!isLast) return 'more';
  return after;
}

async function save(
  tx: Database,
  arn: string,
  to: Pick<MapRunRow, 'running' | 'failedItems' | 'begun' | 'step' | 'dueAt'>,
): Promise<void> {
  await tx.execute(sql`
    UPDATE map_run SET running = ${to.running}, failed_items = ${to.failedItems}, begun = ${to.begun}, step = ${to.step},
      due_at = ${to.dueAt} WHERE arn = ${arn} RETURNING ${COMMIT_WITHOUT_SYNC}`);
}

/** Nothing of the run changes any more until the parent has taken it: whoever does this twice does it once. */
async function tellParent(db: Database, arn: string, now: Date, options: AdvanceOptions): Promise<void> {
  const [run] = await db.select().from(mapRun).where(eq(mapRun.arn, arn));
  if (run === undefined || run.step !== 'over') return;
  const failure = run.failedItems > 0 && isExceeded(run) ? EXCEEDED : null;
  const { payload } = options.limits ?? AWS_LIMITS;
  const made = failure === null ? await stateOutput(db, run, payload) : { output: 'null', failure };
  const over = { type: 'mapRunOver', scope: run.scope, mapRun: arn, ...made } as const;
  await db.transaction(async (tx) => {
    const { happened } = await advanceExecution(tx, run.execution, over, now, options);
    if (happened) return;
    // The parent has ended, or went on without it.
    await tx.execute(sql`
      UPDATE map_run SET status = 'ABORTED', stopped_at = ${now}, step = 'ended', due_at = NULL
      WHERE arn = ${arn} AND step = 'over'`);
  });
}

function isExceeded(run: MapRunRow): boolean {
  return mapRunStep({ ...run, concurrency: run.maxConcurrency }).type === 'stop';
}
