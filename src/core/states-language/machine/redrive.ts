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
  const open = children.filter(({ phase }) => phase !== 'succeeded');
  scope.phase = 'children';
  scope.group = { ...group, running: open.length, failed: 0 };
  for (const child of open) await again(run, child);
}
