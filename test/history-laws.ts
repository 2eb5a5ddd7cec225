import assert from 'node:assert/strict';

/** One event of a history as GetExecutionHistory shows it. */
export interface ShownEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

const IS_END = /^Execution(?:Succeeded|Failed|TimedOut|Aborted)$/;

/**
 * What every history keeps to, whatever made it: it judges an interpreter by none of its own code. Of Maps it takes that
 * a state of one name always has the same number of items, and its result under `map`.
 */
export function checkHistory(events: readonly ShownEvent[]): void {
  const open = new Map<string, number>();
  const lengths = new Map<string, number>();
  for (const [index, event] of events.entries()) {
    const { id, previousEventId, type } = event;
    assert.equal(id, index + 1, 'ids have no gap');
    assert.ok(previousEventId >= 0 && previousEventId < id, `${id} follows on an event before it`);
    const next = events[index + 1];
    if (IS_END.test(type)) assert.ok(next === undefined || next.type === 'ExecutionRedriven', `nothing after ${type}`);
    const iteration = /^MapIteration(Started|Succeeded|Failed|Aborted)$/.exec(type)?.[1];
    if (iteration !== undefined) {
      const { name, index: at } = event[`mapIteration${iteration}EventDetails`] as { name: string; index: number };
      const key = `${name} ${at}`;
      const count = (open.get(key) ?? 0) + (iteration === 'Started' ? 1 : -1);
      // A redrive lets one that was aborted or failed end again.
      if (!events.some((one) => one.type === 'ExecutionRedriven')) assert.ok(count >= 0, `${key} ends more than once`);
      open.set(key, count);
    }
    if (type === 'MapStateEntered' && next?.type === 'MapStateStarted') {
      const { length } = next.mapStateStartedEventDetails as { length: number };
      lengths.set(nameOf(event, 'Entered'), length);
    }
    if (type === 'MapStateExited') {
      const { output } = event.stateExitedEventDetails as { output: string };
      const { map, caught } = JSON.parse(output) as { map?: unknown; caught?: unknown };
      const length = lengths.get(nameOf(event, 'Exited'));
      if (Array.isArray(map) && caught === undefined) assert.equal(map.length, length, 'each item has a result');
    }
  }
  assert.match(events.at(-1)?.type ?? '', IS_END, 'it has an end');
}

function nameOf(event: ShownEvent, how: 'Entered' | 'Exited'): string {
  return (event[`state${how}EventDetails`] as { name: string }).name;
}
