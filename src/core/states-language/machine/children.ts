import { complete } from './complete.ts';
import { isBeyondTolerance } from './group.ts';
import { startIterations } from './map.ts';
import { EXCEEDED } from './map-run-step.ts';
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
    parent.previous = child.previous;
    throw failureOf(child, counted);
  }
  parent.previous = child.previous;
  await startIterations(at, child.previous);
  if (parent.group.running > 0) return;
  parent.previous = follows;
  await complete(at);
}

/** The event that what comes next in the parent follows on. */
function tellIteration({ run, node }: Sight, child: ScopeState, { kind }: Group): number {
  if (kind === 'parallel') return child.previous;
  const how = child.phase === 'failed' ? 'Failed' : 'Succeeded';
  const details = { index: child.index, name: node.name };
  return run.event(child, `MapIteration${how}`, [`mapIteration${how}EventDetails`, details], { aside: true });
}

function failureOf(child: ScopeState, group: Group): StateFailure {
  const isTolerant = group.toleratedCount !== null || group.toleratedPercentage !== null;
  if (!isTolerant) return new StateFailure(child.error, child.cause, 'child');
  return new StateFailure(EXCEEDED.error, EXCEEDED.cause, 'child');
}
