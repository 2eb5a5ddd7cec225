import { isBeyondTolerance } from './group.ts';
import { leave } from './leave.ts';
import { isDistributed } from './map-run.ts';
import type { Sight } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import type { Trial } from './trial.ts';
import { valueOfText } from './value.ts';

/** What a mock says does not go with the state that it is for. */
export class MockMisfit extends Error {}

/** Ends a Parallel or Map that has begun, without any of its branches or iterations. */
export async function settleMock(at: Sight, trial: Trial, next: string | null): Promise<void> {
  const { run, scope, node } = at;
  const { group } = scope;
  // A Map of no items has its end already.
  if (trial.group === null || group === null) return;
  trial.opened(group);
  const { failures } = trial.group;
  if (failures > group.total)
    throw new MockMisfit(`mapIterationFailureCount is ${failures}, of ${group.total} iterations`);
  run.dropChildren(scope);
  const isTolerant = group.toleratedCount !== null || group.toleratedPercentage !== null || isDistributed(node);
  if (isTolerant && isBeyondTolerance({ ...group, failed: failures })) {
    const cause = 'The specified tolerated failure threshold was exceeded';
    throw new StateFailure('States.ExceedToleratedFailureThreshold', cause, 'child');
  }
  if (!('result' in trial.group)) throw new StateFailure(trial.group.error, trial.group.cause, 'child');
  await leave(at, node.fields, valueOfText(trial.group.result), next);
}
