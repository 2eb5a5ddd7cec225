import { addChild, openGroup } from './group.ts';
import { workInput } from './leave.ts';
import type { Sight } from './sight.ts';
import { valueOfText } from './value.ts';

export async function startParallel(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const input = await workInput(at, valueOfText(scope.input));
  const started = run.event(scope, 'ParallelStateStarted');
  const total = node.inner.length;
  openGroup(scope, {
    kind: 'parallel',
    total,
    next: total,
    running: total,
    failed: 0,
    concurrency: 0,
    toleratedCount: null,
    toleratedPercentage: null,
  });
  for (const [index, machine] of node.inner.entries()) {
    addChild(run, scope, { index, machine, input: input.text, previous: started });
  }
}
