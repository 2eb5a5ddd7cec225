import { complete } from './complete.ts';
import { isBeyondTolerance } from './group.ts';
import { failureDetails } from './history.ts';
import { startIterations } from './map.ts';
import type { Run } from './run.ts';
import { type Sight, sightOf } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import type { Group, ScopeState } from './types.ts';

/** What a Parallel or Map does when one of its children has come to an end. Throws the state's own failure. */
export async function childEnded(run: Run, parent: ScopeState, child: ScopeState): Promise<void> {
  const { group } = parent;
  if (group === null) throw new Error(`scope ${parent.id} has no children`);
  const at = await sightOf(run, parent);
  const hasFailed = child.phase === 'failed';
  const follows = tellIteration(at, child, group);
  const counted = { ...group, running: group.running - 1, failed: group.failed + (hasFailed ? 1 : 0) };
  parent.group = counted;
  if (hasFailed && isBeyondTolerance(counted)) {
    if (counted.mapRun === null) parent.previous = child.previous;
    await abortOthers(at, counted);
    throw failureOf(at, child, counted);
  }
  if (counted.mapRun === null) parent.previous = child.previous;
  await startIterations(at, counted.mapRun === null ? child.previous : parent.previous);
  if (parent.group.running > 0) return;
  if (counted.mapRun === null) parent.previous = follows;
  await complete(at, counted);
}

/** The event that what comes next in the parent follows on. */
function tellIteration({ run, node }: Sight, child: ScopeState, { kind, mapRun }: Group): number {
  if (kind === 'parallel' || mapRun !== null) return child.previous;
  const how = child.phase === 'failed' ? 'Failed' : 'Succeeded';
  const details = { index: child.index, name: node.name };
  return run.event(child, `MapIteration${how}`, [`mapIteration${how}EventDetails`, details], { aside: true });
}

async function abortOthers({ run, scope, node }: Sight, { kind, mapRun }: Group): Promise<void> {
  for (const child of await run.children(scope.id)) {
    if (child.phase === 'succeeded' || child.phase === 'failed' || child.phase === 'aborted') continue;
    if (kind === 'map' && mapRun === null) {
      const details = { index: child.index, name: node.name };
      run.event(child, 'MapIterationAborted', ['mapIterationAbortedEventDetails', details], { aside: true });
    }
    child.phase = 'aborted';
    child.task = null;
    child.wakeAt = null;
  }
  run.abortChildren(scope);
}

function failureOf({ run, scope }: Sight, child: ScopeState, group: Group): StateFailure {
  const isTolerant = group.toleratedCount !== null || group.toleratedPercentage !== null;
  if (group.mapRun === null && !isTolerant) return new StateFailure(child.error, child.cause, 'child');
  const error = 'States.ExceedToleratedFailureThreshold';
  const cause = 'The specified tolerated failure threshold was exceeded';
  if (group.mapRun !== null)
    run.event(scope, 'MapRunFailed', ['mapRunFailedEventDetails', failureDetails(error, cause)]);
  return new StateFailure(error, cause, 'child');
}
