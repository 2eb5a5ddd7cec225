import type { Sight } from './sight.ts';
import type { ScopeState } from './types.ts';

const ENDED = new Set<ScopeState['phase']>(['succeeded', 'failed', 'aborted']);

/** Ends what still runs in a Parallel or Map that has failed: nothing below it goes on, or tells it anything. */
export async function abortOpenChildren({ run, scope, node }: Sight): Promise<void> {
  const { group } = scope;
  if (group === null) return;
  const open = (await run.children(scope.id)).filter(({ phase }) => !ENDED.has(phase));
  if (open.length === 0) return;
  await run.abortChildren(scope);
  for (const child of open) {
    if (group.kind === 'map') {
      const details = { index: child.index, name: node.name };
      run.event(child, 'MapIterationAborted', ['mapIterationAbortedEventDetails', details], { aside: true });
    }
    child.phase = 'aborted';
    child.task = null;
    child.wakeAt = null;
  }
  scope.group = { ...group, running: 0 };
}
