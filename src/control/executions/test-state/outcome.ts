import type { TestStateOutput } from '@aws-sdk/client-sfn';
import type { Plan } from './read-plan.ts';
import type { Tried } from './try-state.ts';

type Shown = Omit<TestStateOutput, 'inspectionData'> & { inspectionData?: object };

/** AWS's bounds of the members. */
const MOST_ERROR = 256;
const MOST_CAUSE = 32_768;
const MOST_VALUE = 262_144;

/** The answer of TestState: what became of the state, and with DEBUG and TRACE what lay between. */
export function outcomeOf(plan: Plan, { scope, heard, isLate }: Tried, exchange: object | null): Shown {
  const told = statusOf(scope, heard, isLate);
  if (plan.level === 'INFO') return told;
  const { values, limits } = heard;
  const handled = heard.handled();
  const variables = { ...plan.variables, ...scope.variables };
  const inspectionData = {
    input: plan.input,
    ...fitting(values),
    ...limits,
    ...(Object.keys(variables).length === 0 ? {} : fitting({ variables: JSON.stringify(variables) })),
    ...(handled === null ? {} : { errorDetails: detailsOf(handled.handler) }),
    ...(plan.level === 'TRACE' && exchange !== null ? exchange : {}),
  };
  return { ...told, inspectionData };
}

function statusOf(scope: Tried['scope'], heard: Tried['heard'], isLate: boolean): Shown {
  if (isLate)
    return { status: 'FAILED', error: 'States.Timeout', cause: 'TestState runs a state for five minutes at the most.' };
  const handled = heard.handled();
  if (handled !== null && 'retryIndex' in handled.handler) return { status: 'RETRIABLE', ...failure(handled) };
  if (scope.phase === 'failed') return { status: 'FAILED', ...failure(scope) };
  const isOver = scope.phase === 'succeeded';
  return {
    status: handled === null ? 'SUCCEEDED' : 'CAUGHT_ERROR',
    output: (isOver ? scope.output : scope.input) ?? 'null',
    ...(isOver ? {} : { nextState: scope.state }),
    ...(handled === null ? {} : failure(handled)),
  };
}

function failure({ error, cause }: { readonly error: string | null; readonly cause: string | null }): Shown {
  return {
    ...(error === null ? {} : { error: error.slice(0, MOST_ERROR) }),
    ...(cause === null ? {} : { cause: cause.slice(0, MOST_CAUSE) }),
  };
}

/** A value in between that is larger than any may be is what failed the state: it is left out. */
function fitting<T extends object>(values: T): T {
  const kept = Object.entries(values).filter(
    ([, text]) => typeof text !== 'string' || Buffer.byteLength(text) <= MOST_VALUE,
  );
  return Object.fromEntries(kept) as T;
}

function detailsOf(handler: NonNullable<ReturnType<Tried['heard']['handled']>>['handler']): object {
  if ('catchIndex' in handler) return { catchIndex: handler.catchIndex };
  return { retryIndex: handler.retryIndex, retryBackoffIntervalSeconds: Math.round(handler.backoffSeconds) };
}
