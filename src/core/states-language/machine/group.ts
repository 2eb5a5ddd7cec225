import type { Run } from './run.ts';
import type { Group, ScopeState } from './types.ts';

/** A branch or an iteration that begins. The caller has told the history of it. */
export function addChild(
  run: Run,
  parent: ScopeState,
  start: { readonly index: number; readonly machine: number; readonly input: string; readonly previous: number } & {
    readonly item?: ScopeState['item'];
  },
): void {
  const machine = run.around.program.machines[start.machine];
  if (machine === undefined) throw new Error(`the program has no machine ${start.machine}`);
  const id = `${parent.id}/${parent.generation}.${start.index}`;
  const scope: ScopeState = {
    ...freshScope(start.machine, machine.startAt, start.input),
    id,
    parent: parent.id,
    index: start.index,
    previous: start.previous,
    item: start.item ?? null,
  };
  run.ready(scope);
  run.add(scope);
}

export function freshScope(machine: number, startAt: string, input: string): ScopeState {
  return {
    id: '0',
    parent: null,
    index: 0,
    machine,
    phase: 'ready',
    turn: 0,
    wakeAt: null,
    state: startAt,
    input,
    entered: null,
    previous: 0,
    variables: {},
    item: null,
    retries: [],
    retryCount: 0,
    task: null,
    group: null,
    mapRun: null,
    generation: 0,
    items: null,
    selectorInput: null,
    output: null,
    error: null,
    cause: null,
  };
}

export function openGroup(scope: ScopeState, group: Group): void {
  scope.phase = 'children';
  scope.wakeAt = null;
  scope.group = group;
  scope.generation += 1;
}

/** AWS runs 40 iterations of an inline Map at the same time at the most. */
const MOST_INLINE = 40;

/** How many more may start. */
export function roomIn({ kind, concurrency, running }: Pick<Group, 'kind' | 'concurrency' | 'running'>): number {
  if (kind === 'parallel') return Number.POSITIVE_INFINITY;
  return Math.max(0, (concurrency === 0 ? MOST_INLINE : Math.min(concurrency, MOST_INLINE)) - running);
}

/** More of it failed than the Map bears. */
export function isBeyondTolerance({ toleratedCount, toleratedPercentage, failed, total }: Group): boolean {
  if (failed === 0) return false;
  if (toleratedCount === null && toleratedPercentage === null) return true;
  const byCount = toleratedCount !== null && failed > toleratedCount;
  const byShare = toleratedPercentage !== null && (failed * 100) / total > toleratedPercentage;
  return byCount || byShare;
}
