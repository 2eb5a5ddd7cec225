import { sql } from 'drizzle-orm';
import type { ChildInput, MapRunChange } from '../../../core/states-language/machine/map-run-types.ts';
import type { Database } from '../../../store/database.ts';
import { mapRun } from '../../../store/schema/map-runs.ts';

const MOST_AT_ONCE = 2000;

interface Parent {
  readonly arn: string;
  readonly account: string;
}

/**
 * What a transition of the parent does to its map runs, in the transition's own transaction: the parent's history and
 * the state of the run are never apart. Whoever holds both locks took the parent's first.
 */
export async function writeMapRunChanges(
  tx: Database,
  parent: Parent,
  changes: readonly MapRunChange[],
  now: Date,
): Promise<void> {
  for (const change of changes) {
    await writeChange(tx, parent, change, now);
    await tx.execute(sql`SELECT pg_notify('kintsugi_map_run', ${change.arn})`);
  }
}

async function writeChange(tx: Database, parent: Parent, change: MapRunChange, now: Date): Promise<void> {
  const { arn } = change;
  switch (change.type) {
    case 'start':
      return start(tx, parent, change, now);
    case 'run':
      await tx.execute(sql`UPDATE map_run SET step = 'run', due_at = ${now} WHERE arn = ${arn}`);
      return;
    case 'write':
      await tx.execute(sql`UPDATE map_run SET step = 'write', due_at = NULL WHERE arn = ${arn}`);
      return;
    case 'redrive':
      return redrive(tx, arn, now);
    case 'end': {
      const isStopped = change.status === 'ABORTED';
      await tx.execute(sql`
        UPDATE map_run SET status = ${change.status}, stopped_at = ${now}, step = ${isStopped ? 'stop' : 'ended'},
          due_at = ${isStopped ? now : null}, are_results_written = are_results_written OR ${change.status === 'SUCCEEDED'}
        WHERE arn = ${arn}`);
    }
  }
}

async function start(
  tx: Database,
  { arn: execution, account }: Parent,
  { arn, label, scope, plan, inputs }: Extract<MapRunChange, { type: 'start' }>,
  now: Date,
): Promise<void> {
  await tx.insert(mapRun).values({
    arn,
    account,
    execution,
    scope,
    label,
    plan: JSON.stringify(plan),
    status: 'RUNNING',
    step: inputs === null ? 'read' : 'run',
    maxConcurrency: plan.concurrency,
    toleratedCount: plan.toleratedCount,
    toleratedPercentage: plan.toleratedPercentage,
    startedAt: now,
    dueAt: inputs === null ? null : now,
  });
  if (inputs !== null) await replaceInputs(tx, arn, inputs);
}

/** All inputs of a run that has begun no child yet, in place of what was there. */
export async function replaceInputs(tx: Database, arn: string, inputs: readonly ChildInput[]): Promise<void> {
  await tx.execute(sql`DELETE FROM map_run_input WHERE map_run = ${arn}`);
  for (let from = 0; from < inputs.length; from += MOST_AT_ONCE) {
    const some = inputs.slice(from, from + MOST_AT_ONCE).map((one, index) => ({ position: from + index, ...one }));
    await tx.execute(sql`
      INSERT INTO map_run_input (map_run, position, items, input)
      SELECT ${arn}, r.position, r.items, r.input
      FROM json_to_recordset(${JSON.stringify(some)}::json) AS r(position int, items int, input text)`);
  }
  const items = inputs.reduce((sum, one) => sum + one.items, 0);
  await tx.execute(sql`UPDATE map_run SET children = ${inputs.length}, items = ${items} WHERE arn = ${arn}`);
}

/** What was unsuccessful waits to run again, before what never began. */
async function redrive(tx: Database, arn: string, now: Date): Promise<void> {
  await tx.execute(sql`SELECT FROM map_run WHERE arn = ${arn} FOR UPDATE`);
  const { rows } = await tx.execute<{ count: number }>(sql`
    WITH again AS (
      UPDATE execution SET map_state = 'redrive'
      WHERE map_run = ${arn} AND status IN ('FAILED', 'TIMED_OUT', 'ABORTED') RETURNING arn)
    SELECT count(*)::int AS count FROM again`);
  await tx.execute(sql`
    UPDATE map_run SET status = 'RUNNING', step = 'run', due_at = ${now}, stopped_at = NULL, failed_items = 0,
      redrives = redrives + 1, redriven_at = ${now}, begun = begun - ${rows[0]?.count ?? 0},
      running = (SELECT count(*) FROM execution WHERE map_run = ${arn} AND map_state = 'running')
    WHERE arn = ${arn}`);
}
