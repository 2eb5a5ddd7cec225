import { roomIn } from './group.ts';
import { redriveMapRun } from './map-run.ts';
import type { Run } from './run.ts';
import type { ScopeState } from './types.ts';

/**
 * Goes on where an execution failed, was stopped or ran out of time: every branch and iteration that had not succeeded
 * runs again from the state it had come to, with the input it had there. Its retriers count from 0.
 * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
 */
export async function redrive(run: Run): Promise<boolean> {
  const { head } = run;
  if (head.status === 'SUCCEEDED') return false;
  head.status = 'RUNNING';
  head.redrives += 1;
  head.error = null;
  head.cause = null;
  const root = await run.scope('0');
  const details = { redriveCount: head.redrives };
  run.event(root, 'ExecutionRedriven', ['executionRedrivenEventDetails', details], { previous: 0, aside: true });
  await again(run, root);
  return true;
}

async function again(run: Run, scope: ScopeState): Promise<void> {
  scope.error = null;
  scope.cause = null;
  scope.retries = [];
  scope.retryCount = 0;
  scope.task = null;
  if (redriveMapRun(run, scope, run.head.redrives)) return;
  scope.mapRun = null;
  const { group } = scope;
  if (group === null) {
    // A task is scheduled again; any other state is entered again.
    if (run.node(scope).type !== 'Task') scope.entered = null;
    return run.ready(scope);
  }
  const children = await run.children(scope.id);
  const open = children.filter(({ phase }) => phase !== 'succeeded').map(({ index }) => index);
  if (open.length === 0) {
    // The state itself failed with what its children had come to: all of it runs again.
    run.dropChildren(scope);
    scope.entered = null;
    return run.ready(scope);
  }
  scope.phase = 'children';
  scope.group = { ...group, running: 0, failed: 0, waiting: open };
  await runAgain(run, scope);
}

/** Those that wait to run again, as many as there is room for. */
export async function runAgain(run: Run, scope: ScopeState): Promise<void> {
  const { group } = scope;
  if (group === null || group.waiting === undefined) return;
  const { waiting, ...rest } = group;
  const room = roomIn(group);
  const left = waiting.slice(room);
  const now = waiting.slice(0, room);
  scope.group = { ...rest, running: group.running + now.length, ...(left.length === 0 ? {} : { waiting: left }) };
  for (const index of now) await again(run, await run.scope(`${scope.id}/${scope.generation}.${index}`));
}
