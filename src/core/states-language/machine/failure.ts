import { isObject } from '../definition/parse.ts';
import type { Json } from '../json.ts';
import { abortOpenChildren } from './abort-children.ts';
import { leaveCaught } from './leave.ts';
import type { Run } from './run.ts';
import { type Sight, sightOf } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import type { ScopeState } from './types.ts';

type Fields = { readonly [key: string]: Json };
/** Nothing catches these but by their own name, and States.Runtime not even that. */
const HARD = new Set(['States.Runtime', 'States.DataLimitExceeded']);
const TIMEOUTS = new Set(['States.Timeout', 'States.HeartbeatTimeout']);

/** What comes of a state that failed: another attempt, its catcher's state, or the end of its scope. */
export async function failState(run: Run, scope: ScopeState, failure: StateFailure): Promise<void> {
  const at = await sightOf(run, scope);
  await abortOpenChildren(at);
  tellEvaluation(run, scope, failure);
  scope.task = null;
  const { trial, now } = run.around;
  const retryIndex = retry(at, failure);
  if (retryIndex !== null) {
    const backoffSeconds = ((scope.wakeAt ?? 0) - now.getTime()) / 1000;
    trial?.failed(failure.error, failure.detail, { retryIndex, backoffSeconds });
    return;
  }
  tellState(at, failure);
  const catchers = listOf(at.node.fields.Catch);
  const catchIndex = catchers.findIndex((one) => matches(one.ErrorEquals, failure));
  const catcher = catchers[catchIndex];
  if (catcher !== undefined) {
    try {
      if (scope.group !== null) run.dropChildren(scope);
      scope.mapRun = null;
      await leaveCaught(at, catcher, errorOutput(failure));
      trial?.failed(failure.error, failure.detail, { catchIndex });
      return;
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      // A catcher that fails itself is not caught again.
      tellEvaluation(run, scope, error);
      return endScope(scope, error);
    }
  }
  endScope(scope, failure);
}

function endScope(scope: ScopeState, { error, detail }: StateFailure): void {
  scope.phase = 'failed';
  scope.wakeAt = null;
  scope.error = error;
  scope.cause = detail;
}

function tellEvaluation(run: Run, scope: ScopeState, { origin, error, detail, location }: StateFailure): void {
  if (origin !== 'jsonata') return;
  const { id = 0, before = 0 } = scope.entered ?? {};
  run.event(
    scope,
    'EvaluationFailed',
    [
      'evaluationFailedEventDetails',
      {
        error,
        cause: detail,
        ...(location === null ? {} : { location }),
        state: scope.state,
      },
    ],
    // Directly after the Entered event AWS lets it follow on what that one follows on, but in a Wait.
    { previous: scope.previous === id && run.node(scope).type !== 'Wait' ? before : scope.previous },
  );
}

function tellState({ run, node, scope }: Sight, { origin, error }: StateFailure): void {
  if (node.type !== 'Map' && node.type !== 'Parallel') return;
  if (origin === 'state' && error !== null && HARD.has(error)) return;
  run.event(scope, `${node.type}StateFailed`);
}

/** The error as a catcher's state gets it. */
export function errorOutput({ error, detail }: Pick<StateFailure, 'error' | 'detail'>): Json {
  return { ...(error === null ? {} : { Error: error }), ...(detail === null ? {} : { Cause: detail }) };
}

/** The retrier that gives the state another attempt; null for none. */
function retry(at: Sight, failure: StateFailure): number | null {
  const { run, scope, node } = at;
  const retriers = listOf(node.fields.Retry);
  const index = retriers.findIndex((one) => matches(one.ErrorEquals, failure));
  const retrier = retriers[index];
  if (retrier === undefined) return null;
  const used = scope.retries[index] ?? 0;
  if (used >= numberOr(retrier.MaxAttempts, 3)) return null;
  if (scope.group !== null) run.dropChildren(scope);
  scope.mapRun = null;
  scope.retries = retriers.map((_, each) => (scope.retries[each] ?? 0) + (each === index ? 1 : 0));
  scope.retryCount += 1;
  scope.phase = 'waiting';
  scope.wakeAt = run.around.now.getTime() + retrySeconds(retrier, used, run.around.random) * 1000;
  return index;
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
export function retrySeconds(retrier: Fields, used: number, random: () => number): number {
  const grown = numberOr(retrier.IntervalSeconds, 1) * numberOr(retrier.BackoffRate, 2) ** used;
  const seconds = Math.min(grown, numberOr(retrier.MaxDelaySeconds, Number.MAX_SAFE_INTEGER), 99_999_999);
  return retrier.JitterStrategy === 'FULL' ? random() * seconds : seconds;
}

export function matches(names: Json | undefined, { error, origin }: Pick<StateFailure, 'error' | 'origin'>): boolean {
  if (error === 'States.Runtime' || !Array.isArray(names)) return false;
  return names.some((name) => {
    if (name === error) return true;
    if (name === 'States.ALL') return error === null || !HARD.has(error);
    if (name === 'States.TaskFailed')
      return origin === 'task' && (error === null || !(TIMEOUTS.has(error) || HARD.has(error)));
    return name === 'States.Timeout' && error !== null && TIMEOUTS.has(error);
  });
}

function listOf(value: Json | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
