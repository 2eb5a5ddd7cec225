import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { freshScope } from '../../../core/states-language/machine/group.ts';
import type { MapRunPlan } from '../../../core/states-language/machine/map-run-types.ts';
import { startedEvent, startHead } from '../../../core/states-language/machine/start.ts';
import type { Database } from '../../../store/database.ts';
import { type ExecutionRow, execution } from '../../../store/schema/executions.ts';
import type { MapRunRow } from '../../../store/schema/map-runs.ts';
import { type AdvanceOptions, advanceExecution, programOf } from '../advance.ts';
import { EXPRESS_MS } from '../express/limits.ts';
import { pack } from '../payloads.ts';

type Input = { readonly position: number; readonly items: number; readonly input: string };

/** Begins children of a run whose row the caller holds: first those that are to run again. Answers how many. */
export async function beginChildren(
  tx: Database,
  run: MapRunRow,
  most: number,
  now: Date,
  options: AdvanceOptions,
): Promise<number> {
  const again = await tx.execute<{ arn: string; type: ExecutionRow['type'] }>(sql`
    SELECT arn, type FROM execution WHERE map_run = ${run.arn} AND map_state = 'redrive'
    ORDER BY map_position LIMIT ${most}`);
  for (const { arn, type } of again.rows) await beginAgain(tx, arn, type, now, options);
  const left = most - again.rows.length;
  const inputs = await tx.execute<Input>(sql`
    DELETE FROM map_run_input WHERE (map_run, position) IN (
      SELECT map_run, position FROM map_run_input WHERE map_run = ${run.arn} ORDER BY position LIMIT ${left})
    RETURNING position, items, input`);
  if (inputs.rows.length > 0) await begin(tx, run, inputs.rows, now);
  return again.rows.length + inputs.rows.length;
}

/** All of them in one statement each of rows, scopes, events and large texts. */
async function begin(tx: Database, run: MapRunRow, inputs: readonly Input[], now: Date): Promise<void> {
  const [parent] = await tx.select().from(execution).where(sql`${execution.arn} = ${run.execution}`);
  if (parent === undefined) throw new Error(`no execution ${run.execution}`);
  const plan = JSON.parse(run.plan) as MapRunPlan;
  const startAt = (await programOf(tx, parent)).machines[plan.machine]?.startAt ?? '';
  const head = startHead();
  const blobs: { arn: string; hash: string; content: string }[] = [];
  const children = inputs.map(({ position, items, input }) => {
    const name = randomUUID();
    const arn = childArn(parent, run.label, name, plan.isExpress);
    const kept = pack(input);
    for (const [hash, content] of kept.blobs) blobs.push({ arn, hash, content });
    const facts = { ...parent, arn, name, input, startTime: now.toISOString() };
    const details = pack(startedEvent(facts, now).details?.[1]).json;
    const body = pack(freshScope(plan.machine, startAt, input)).json;
    return { arn, name, position, items, input: kept.json, body, details };
  });
  const timeoutAt = plan.isExpress ? new Date(now.getTime() + EXPRESS_MS) : null;
  await tx.execute(sql`
    INSERT INTO execution (arn, account, region, name, state_machine_arn, state_machine_name, role_arn, definition_hash,
      input, status, type, machine, map_run, map_position, map_items, map_state, started_at, timeout_at, last_event, turn, due_at)
    SELECT r.arn, ${parent.account}, ${parent.region}, r.name, ${`${parent.stateMachineArn}/${run.label}`},
      ${parent.stateMachineName}, ${parent.roleArn}, ${parent.definitionHash}, r.input, 'RUNNING',
      ${plan.isExpress ? 'EXPRESS' : 'STANDARD'}, ${plan.machine}::int, ${run.arn}, r.position, r.items, 'running',
      ${now}::timestamptz, ${timeoutAt}::timestamptz, ${head.lastEvent}::int, ${head.turn}::int, ${now}::timestamptz
    FROM json_to_recordset(${JSON.stringify(children)}::json) AS r(arn text, name text, position int, items int, input text)`);
  await tx.execute(sql`
    WITH data AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(children)}::json) AS r(arn text, body text, details text)),
    scopes AS (
      INSERT INTO execution_scope (execution, id, parent, position, phase, turn, wake_at, body)
      SELECT arn, '0', NULL, 0, 'ready', 0, NULL, body FROM data),
    events AS (
      INSERT INTO execution_event (execution, id, previous, type, at, member, details)
      SELECT arn, 1, 0, 'ExecutionStarted', ${now}::timestamptz, 'executionStartedEventDetails', details FROM data
      WHERE ${!plan.isExpress}),
    large AS (
      INSERT INTO execution_blob (execution, hash, content)
      SELECT * FROM json_to_recordset(${JSON.stringify(blobs)}::json) AS b(arn text, hash text, content text))
    SELECT pg_notify('kintsugi_execution', arn) FROM data`);
}

function childArn({ stateMachineArn }: ExecutionRow, label: string, name: string, isExpress: boolean): string {
  const of = stateMachineArn.replace(':stateMachine:', isExpress ? ':express:' : ':execution:');
  return isExpress ? `${of}/${label}:${name}:${randomUUID()}` : `${of}/${label}:${name}`;
}

/** A STANDARD child goes on where it failed, an EXPRESS one begins anew, as AWS has it. */
async function beginAgain(
  tx: Database,
  arn: string,
  type: ExecutionRow['type'],
  now: Date,
  options: AdvanceOptions,
): Promise<void> {
  await tx.execute(sql`UPDATE execution SET map_state = 'running', redriven_at = ${now} WHERE arn = ${arn}`);
  if (type === 'STANDARD') {
    await advanceExecution(tx, arn, { type: 'redrive' }, now, options);
    return;
  }
  await tx.execute(sql`DELETE FROM execution_scope WHERE execution = ${arn} AND id <> '0'`);
  await tx.execute(sql`DELETE FROM execution_task WHERE execution = ${arn}`);
  const [row] = await tx.select().from(execution).where(sql`${execution.arn} = ${arn}`).for('update');
  if (row === undefined) return;
  const startAt = (await programOf(tx, row)).machines[row.machine]?.startAt ?? '';
  const input = JSON.parse(row.input) as unknown;
  const scope = { ...freshScope(row.machine, startAt, ''), input };
  await tx.execute(sql`
    UPDATE execution_scope SET phase = 'ready', turn = 0, wake_at = NULL, body = ${JSON.stringify(scope)}
    WHERE execution = ${arn} AND id = '0'`);
  const { lastEvent, turn } = startHead();
  await tx.execute(sql`
    UPDATE execution SET status = 'RUNNING', last_event = ${lastEvent}, turn = ${turn}, output = NULL, error = NULL,
      cause = NULL, redrives = redrives + 1, stopped_at = NULL, due_at = ${now},
      timeout_at = ${new Date(now.getTime() + EXPRESS_MS)}
    WHERE arn = ${arn} RETURNING pg_notify('kintsugi_execution', arn)`);
}
