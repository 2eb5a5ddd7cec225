import { childEnded } from './children.ts';
import { nextOf, runState, tellEntered } from './enter.ts';
import { failState } from './failure.ts';
import { failureDetails, payload } from './history.ts';
import { leave } from './leave.ts';
import { mapRunOver, mapRunTaskDone, mapRunTaskFailed } from './map-run.ts';
import { redrive } from './redrive.ts';
import { Run } from './run.ts';
import { sightOf, stateText } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import { beat, taskFailure, tellActivityStarted, tellSubmitted, tellSucceeded } from './task.ts';
import type { Effects, Happening, ScopeState, Surroundings } from './types.ts';
import { valueOfText } from './value.ts';

/**
 * One transition: what comes of a happening, or null where nothing does (the task is over already, the time has not
 * come, the scope is gone on). Reads through `around.reader` only, changes nothing itself.
 */
export async function transition(around: Surroundings, happening: Happening): Promise<Effects | null> {
  if ((around.head.status === 'RUNNING') === (happening.type === 'redrive')) return null;
  const run = new Run(around);
  const isMoved = await apply(run, happening);
  if (!isMoved) return null;
  const { head } = run;
  const { events } = around.limits;
  const isFull = head.status === 'RUNNING' ? head.lastEvent >= events : head.lastEvent > events;
  return isFull ? overfull(around) : run.effects();
}

/** AWS ends an execution at this many events, and so does every loop that has no other end. */
async function overfull(around: Surroundings): Promise<Effects> {
  const run = new Run(around);
  const root = await run.scope('0');
  root.error = 'States.Runtime';
  root.cause = `The execution reached the maximum number of history events (${around.limits.events}).`;
  run.abortMapRun(root);
  await run.abortChildren(root);
  root.phase = 'failed';
  endExecution(run, root);
  return run.effects();
}

async function apply(run: Run, happening: Happening): Promise<boolean> {
  if (happening.type === 'timeOut' || happening.type === 'abort') return endEarly(run, happening);
  if (happening.type === 'redrive') return redrive(run);
  const scope = await run.scope(happening.scope);
  const act = actionOf(run, scope, happening);
  if (act === null) return false;
  await attempt(run, scope, act);
  await ascend(run, scope);
  return true;
}

type Action = () => Promise<void>;

function actionOf(
  run: Run,
  scope: ScopeState,
  happening: Exclude<Happening, { type: 'timeOut' | 'abort' | 'redrive' }>,
): Action | null {
  const now = run.around.now.getTime();
  if (happening.type === 'turn') return scope.phase === 'ready' ? () => enter(run, scope) : null;
  if (happening.type === 'wake') {
    if (scope.wakeAt === null || scope.wakeAt > now) return null;
    if (scope.phase === 'waiting') return () => wake(run, scope);
    return scope.phase === 'task' ? () => timeOut(run, scope, now) : null;
  }
  if (happening.type === 'mapRunOver') {
    const isHere = scope.phase === 'mapRun' && scope.mapRun?.arn === happening.mapRun;
    return isHere ? () => mapRunOver(run, scope, happening) : null;
  }
  if (scope.phase !== 'task' || scope.task?.id !== happening.task) return null;
  if (scope.mapRun !== null) return mapRunTask(run, scope, happening);
  switch (happening.type) {
    case 'taskStarted':
      return async () => tellActivityStarted(run, scope, happening.worker);
    case 'taskHeartbeat':
      return async () => beat(run, scope);
    case 'taskSubmitted':
      return async () => tellSubmitted(run, scope, happening.output);
    case 'taskSucceeded':
      return async () => {
        tellSucceeded(run, scope, happening.output);
        const at = await sightOf(run, scope);
        await leave(at, at.node.fields, valueOfText(happening.output), nextOf(at));
      };
    case 'taskFailed':
      return async () => {
        throw taskFailure(run, scope, happening.how ?? 'Failed', happening.error, happening.cause);
      };
  }
}

/** Of the tasks that read items and write results: no event of the history tells of them. */
function mapRunTask(run: Run, scope: ScopeState, happening: Happening): Action | null {
  if (happening.type === 'taskSucceeded') return () => mapRunTaskDone(run, scope, happening.output);
  if (happening.type !== 'taskFailed') return null;
  return async () => {
    throw mapRunTaskFailed(run, scope, happening.error, happening.cause);
  };
}

async function enter(run: Run, scope: ScopeState): Promise<void> {
  const node = run.node(scope);
  if (scope.entered === null) tellEntered({ run, scope, node });
  await runState(await sightOf(run, scope));
}

/** A Wait is over, or it is time for another attempt. */
async function wake(run: Run, scope: ScopeState): Promise<void> {
  const at = await sightOf(run, scope);
  scope.wakeAt = null;
  if (at.node.type === 'Wait') await leave(at, at.node.fields, null, nextOf(at));
  else await runState(at);
}

async function timeOut(run: Run, scope: ScopeState, now: number): Promise<void> {
  const isWhole = scope.task?.timeoutAt !== null && scope.task !== null && scope.task.timeoutAt <= now;
  throw taskFailure(run, scope, 'TimedOut', isWhole ? 'States.Timeout' : 'States.HeartbeatTimeout', null);
}

async function attempt(run: Run, scope: ScopeState, act: Action): Promise<void> {
  try {
    await act();
  } catch (failure) {
    await failState(run, scope, asStateFailure(run, scope, failure));
  }
}

/** JSON that is nested too deep for the stack fails its state like any other value that cannot be computed. */
function asStateFailure(run: Run, scope: ScopeState, failure: unknown): StateFailure {
  if (failure instanceof StateFailure) return failure;
  if (!(failure instanceof RangeError)) throw failure;
  const text = stateText({ node: run.node(scope), scope }, 'A value is nested too deep.');
  return new StateFailure('States.Runtime', text);
}

/** A scope that has ended is told to the state around it, which may end by that itself. */
async function ascend(run: Run, start: ScopeState): Promise<void> {
  let scope = start;
  while (scope.phase === 'succeeded' || scope.phase === 'failed') {
    if (scope.parent === null) return endExecution(run, scope);
    const child = scope;
    const parent = await run.scope(scope.parent);
    if (parent.phase !== 'children') return;
    await attempt(run, parent, () => childEnded(run, parent, child));
    scope = parent;
  }
}

function endExecution(run: Run, root: ScopeState): void {
  const { head } = run;
  root.wakeAt = null;
  if (root.phase === 'succeeded') {
    head.status = 'SUCCEEDED';
    head.output = root.output;
    run.event(root, 'ExecutionSucceeded', ['executionSucceededEventDetails', payload('output', root.output ?? 'null')]);
    return;
  }
  head.status = 'FAILED';
  head.error = root.error;
  head.cause = root.cause;
  run.event(root, 'ExecutionFailed', ['executionFailedEventDetails', failureDetails(root.error, root.cause)]);
}

/** Stopped by someone, or by the time limit of the state machine. */
async function endEarly(run: Run, happening: Extract<Happening, { type: 'timeOut' | 'abort' }>): Promise<boolean> {
  const root = await run.scope('0');
  const { head } = run;
  const isAbort = happening.type === 'abort';
  head.status = isAbort ? 'ABORTED' : 'TIMED_OUT';
  head.error = isAbort ? happening.error : null;
  head.cause = isAbort ? happening.cause : null;
  run.abortMapRun(root);
  root.phase = 'aborted';
  root.wakeAt = null;
  root.task = null;
  await run.abortChildren(root);
  const details = failureDetails(head.error, head.cause);
  const [type, member] = isAbort
    ? ['ExecutionAborted', 'executionAbortedEventDetails']
    : ['ExecutionTimedOut', 'executionTimedOutEventDetails'];
  run.event(root, type, [member, details], { previous: 0 });
  return true;
}
