import { isObject, processorOf } from '../definition/parse.ts';
import type { StateNode } from '../definition/types.ts';
import type { Json } from '../json.ts';
import { failureDetails } from './history.ts';
import { leave } from './leave.ts';
import { childInputs } from './map-items.ts';
import { readerPlan, writerPlan } from './map-run-plan.ts';
import { READ_ITEMS, WRITE_RESULTS } from './map-run-types.ts';
import type { Run } from './run.ts';
import { type Sight, sightOf } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import type { Happening, ScopeState, TaskState } from './types.ts';
import { valueOfText } from './value.ts';

type Over = Extract<Happening, { type: 'mapRunOver' }>;
type Limits = {
  readonly concurrency: number;
  readonly toleratedCount: number | null;
  readonly toleratedPercentage: number | null;
};

export function isDistributed({ fields }: StateNode): boolean {
  return configOf(fields)?.Mode === 'DISTRIBUTED';
}

function configOf(fields: StateNode['fields']): { Mode?: string; ExecutionType?: string } | undefined {
  return processorOf(fields)?.ProcessorConfig as { Mode?: string; ExecutionType?: string } | undefined;
}

/**
 * Starts the map run of a distributed Map: its children are executions of their own, which the store leads, and the
 * scope waits for their end. Items of a reader (`items` null) are read first, by a task that no history tells of.
 */
export async function startMapRun(
  at: Sight,
  items: readonly Json[] | null,
  input: Json,
  { concurrency, toleratedCount, toleratedPercentage }: Limits,
): Promise<void> {
  const { run, scope, node } = at;
  const reader = await readerPlan(at, input);
  const writer = await writerPlan(at, input);
  const label = typeof node.fields.Label === 'string' ? node.fields.Label : run.around.newUuid();
  const { stateMachineArn } = run.around.execution;
  const arn = `${stateMachineArn.replace(':stateMachine:', ':mapRun:')}/${label}:${run.around.newUuid()}`;
  run.event(scope, 'MapRunStarted', ['mapRunStartedEventDetails', { mapRunArn: arn }]);
  const plan = {
    machine: node.inner[0] ?? 0,
    isExpress: configOf(node.fields)?.ExecutionType === 'EXPRESS',
    concurrency,
    toleratedCount: toleratedCount ?? 0,
    toleratedPercentage: toleratedPercentage ?? 0,
    reader,
    writer,
  };
  scope.mapRun = { arn, step: reader === null ? 'run' : 'read', failure: null, isRedrivable: false };
  const begin = { type: 'start', arn, label, scope: scope.id, plan } as const;
  if (items === null) {
    run.mapRun({ ...begin, inputs: null });
    waitForTask(run, scope, READ_ITEMS);
    return;
  }
  try {
    run.mapRun({ ...begin, inputs: await childInputs(at, items, input) });
  } catch (failure) {
    if (!(failure instanceof StateFailure)) throw failure;
    run.mapRun({ ...begin, inputs: [] });
    tellFailed(run, scope, arn, failure.error, failure.detail);
    throw failure;
  }
  waitForChildren(scope);
}

function waitForChildren(scope: ScopeState): void {
  scope.phase = 'mapRun';
  scope.task = null;
  scope.wakeAt = null;
  if (scope.mapRun !== null) scope.mapRun = { ...scope.mapRun, step: 'run', failure: null, isRedrivable: true };
}

function waitForTask(run: Run, scope: ScopeState, resource: string): void {
  const { mapRun } = scope;
  if (mapRun === null) throw new Error(`scope ${scope.id} has no map run`);
  const id = `${scope.id}:${resource}:${mapRun.arn}:${run.head.redrives}`;
  const nothing = { token: null, timeoutAt: null, heartbeatSeconds: null, heartbeatAt: null };
  const task: TaskState = { id, kind: 'request', ...nothing };
  scope.phase = 'task';
  scope.task = task;
  scope.wakeAt = null;
  const input = JSON.stringify({ mapRun: mapRun.arn, failed: mapRun.failure !== null });
  run.schedule({ scope: scope.id, task, resource, input });
}

/** The items were read, or the results written. */
export async function mapRunTaskDone(run: Run, scope: ScopeState, output: string): Promise<void> {
  const { mapRun } = scope;
  if (mapRun === null) throw new Error(`scope ${scope.id} has no map run`);
  if (mapRun.step === 'write') return conclude(run, scope, output, mapRun.failure);
  run.mapRun({ type: 'run', arn: mapRun.arn });
  waitForChildren(scope);
}

/** They could not be: `error` is States.ItemReaderFailed, States.ResultWriterFailed, or of a selector. */
export function mapRunTaskFailed(
  run: Run,
  scope: ScopeState,
  error: string | null,
  cause: string | null,
): StateFailure {
  tellFailed(run, scope, scope.mapRun?.arn ?? '', error, cause);
  return new StateFailure(error, cause, 'child');
}

/** Its children have ended. A writer writes what came of them, also where the run failed. */
export async function mapRunOver(run: Run, scope: ScopeState, { output, failure }: Over): Promise<void> {
  const { mapRun } = scope;
  if (mapRun === null) throw new Error(`scope ${scope.id} has no map run`);
  if (!isExported(run.node(scope))) return conclude(run, scope, output, failure);
  scope.mapRun = { ...mapRun, step: 'write', failure };
  run.mapRun({ type: 'write', arn: mapRun.arn });
  waitForTask(run, scope, WRITE_RESULTS);
}

/** A ResultWriter without a resource only says how the state's output looks. */
function isExported({ fields }: StateNode): boolean {
  return isObject(fields.ResultWriter) && fields.ResultWriter.Resource !== undefined;
}

async function conclude(run: Run, scope: ScopeState, output: string, failure: Over['failure']): Promise<void> {
  const arn = scope.mapRun?.arn ?? '';
  if (failure !== null) {
    tellFailed(run, scope, arn, failure.error, failure.cause);
    throw new StateFailure(failure.error, failure.cause, 'child');
  }
  const at = await sightOf(run, scope);
  const succeeded = run.event(scope, 'MapRunSucceeded', null, { aside: true });
  run.mapRun({ type: 'end', arn, status: 'SUCCEEDED' });
  run.event(scope, 'MapStateSucceeded', null, { previous: succeeded, aside: true });
  const next = typeof at.node.fields.Next === 'string' ? at.node.fields.Next : null;
  scope.mapRun = null;
  await leave(at, at.node.fields, valueOfText(output), next);
}

function tellFailed(run: Run, scope: ScopeState, arn: string, error: string | null, cause: string | null): void {
  run.event(scope, 'MapRunFailed', ['mapRunFailedEventDetails', failureDetails(error, cause)]);
  run.mapRun({ type: 'end', arn, status: 'FAILED' });
  scope.task = null;
}

/** Unsuccessful children run again, those that never began begin; what has succeeded stays. */
export function redriveMapRun(run: Run, scope: ScopeState, redriveCount: number): boolean {
  const { mapRun } = scope;
  if (mapRun === null || !mapRun.isRedrivable) return false;
  const details = { mapRunArn: mapRun.arn, redriveCount };
  run.event(scope, 'MapRunRedriven', ['mapRunRedrivenEventDetails', details]);
  run.mapRun({ type: 'redrive', arn: mapRun.arn });
  waitForChildren(scope);
  return true;
}
