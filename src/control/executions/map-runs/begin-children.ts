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
import { writeChanges } from '../write.ts';

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

async function begin(tx: Database, run: MapRunRow, inputs: readonly Input[], now: Date): Promise<void> {
  const [parent] = await tx.select().from(execution).where(sql`${execution.arn} = ${run.execution}`);
  if (parent === undefined) throw new Error(`no execution ${run.execution}`);
  const plan = JSON.parse(run.plan) as MapRunPlan;
  const startAt = (await programOf(tx, parent)).machines[plan.machine]?.startAt ?? '';
  const head = startHead();
  for (const { position, items, input } of inputs) {
    const name = randomUUID();
    const arn = childArn(parent, run.label, name, plan.isExpress);
    const row = {
      arn,
      account: parent.account,
      region: parent.region,
      name,
      stateMachineArn: `${parent.stateMachineArn}/${run.label}`,
      stateMachineName: parent.stateMachineName,
      roleArn: parent.roleArn,
      definitionHash: parent.definitionHash,
      input: pack(input).json,
      status: 'RUNNING' as const,
      type: plan.isExpress ? ('EXPRESS' as const) : ('STANDARD' as const),
      machine: plan.machine,
      mapRun: run.arn,
      mapPosition: position,
      mapItems: items,
      mapState: 'running' as const,
      startedAt: now,
      timeoutAt: plan.isExpress ? new Date(now.getTime() + EXPRESS_MS) : null,
      lastEvent: head.lastEvent,
      turn: head.turn,
      dueAt: now,
    };
    await tx.insert(execution).values(row);
    const scopes = [freshScope(plan.machine, startAt, input)];
    const events = [startedEvent({ ...row, input, startTime: now.toISOString() }, now)];
    await writeChanges(tx, row, { scopes, events, tasks: [], dropped: [], aborted: [] }, now);
    // The row's own input, where it is large, is the root scope's: it has been kept with that.
    await tx.execute(sql`SELECT pg_notify('kintsugi_execution', ${arn})`);
  }
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
