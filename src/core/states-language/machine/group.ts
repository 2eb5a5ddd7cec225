import type { StateNode } from '../definition/types.ts';
import type { Run } from './run.ts';
import type { Group, ScopeState } from './types.ts';

/** A branch or an iteration that begins. The caller has told the history of it. */
export function addChild(
  run: Run,
  parent: ScopeState,
  start: { readonly index: number; readonly machine: number; readonly input: string; readonly previous: number } & {
    readonly item?: ScopeState['item'];
    /** It counts its events for itself, as an execution of its own would. */
    readonly isApart?: boolean;
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
    previous: start.isApart ? 0 : start.previous,
    item: start.item ?? null,
    history: start.isApart ? id : parent.history,
    // Its ExecutionStarted.
    events: start.isApart ? 1 : 0,
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
    history: null,
    events: 0,
    retries: [],
    retryCount: 0,
    task: null,
    group: null,
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

/** More of it failed than the Map bears. */
export function isBeyondTolerance({ toleratedCount, toleratedPercentage, failed, total }: Group): boolean {
  if (failed === 0) return false;
  if (toleratedCount === null && toleratedPercentage === null) return true;
  const byCount = toleratedCount !== null && failed > toleratedCount;
  const byShare = toleratedPercentage !== null && (failed * 100) / total > toleratedPercentage;
  return byCount || byShare;
}

export function isDistributed({ fields }: StateNode): boolean {
  const processor = (fields.ItemProcessor ?? fields.Iterator) as { ProcessorConfig?: { Mode?: string } } | undefined;
  return processor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
}
