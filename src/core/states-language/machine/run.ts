import type { StateNode } from '../definition/types.ts';
import type { Json } from '../json.ts';
import type { HistoryEvent } from './history.ts';
import type { MapRunChange } from './map-run-types.ts';
import type { Effects, Head, ScheduledTask, ScopeState, Surroundings } from './types.ts';

interface EventOptions {
  /** What it follows on, where that is not the last event of the scope. */
  readonly previous?: number;
  /** The next event of the scope follows on the same one as this, not on this. */
  readonly aside?: boolean;
}

/** One transition while it is made: works on copies and notes what changes. */
export class Run {
  readonly around: Surroundings;
  readonly head: Head;
  readonly #scopes = new Map<string, ScopeState>();
  readonly #dropped: string[] = [];
  readonly #aborted: string[] = [];
  readonly #events: HistoryEvent[] = [];
  readonly #tasks: ScheduledTask[] = [];
  readonly #mapRuns: MapRunChange[] = [];

  constructor(around: Surroundings) {
    this.around = around;
    this.head = { ...around.head };
  }

  async scope(id: string): Promise<ScopeState> {
    const known = this.#scopes.get(id);
    if (known !== undefined) return known;
    const read = { ...(await this.around.reader.scope(id)) };
    this.#scopes.set(id, read);
    return read;
  }

  async children(parent: string): Promise<ScopeState[]> {
    const stored = await this.around.reader.children(parent);
    const kept = stored.map((child) => {
      const known = this.#scopes.get(child.id) ?? { ...child };
      this.#scopes.set(child.id, known);
      return known;
    });
    const ids = new Set(kept.map(({ id }) => id));
    const added = [...this.#scopes.values()].filter((one) => one.parent === parent && !ids.has(one.id));
    return [...kept, ...added].sort((a, b) => a.index - b.index);
  }

  add(scope: ScopeState): void {
    this.#scopes.set(scope.id, scope);
  }

  node(scope: ScopeState): StateNode {
    const node = this.around.program.machines[scope.machine]?.states.get(scope.state);
    if (node === undefined) throw new Error(`machine ${scope.machine} has no state '${scope.state}'`);
    return node;
  }

  /** Appends to the history. Its id. */
  event(
    scope: ScopeState,
    type: string,
    details: readonly [string, { readonly [key: string]: Json }] | null = null,
    { previous = scope.previous, aside = false }: EventOptions = {},
  ): number {
    this.head.lastEvent += 1;
    const id = this.head.lastEvent;
    this.#events.push({ id, previousEventId: previous, type, timestamp: this.around.now, details });
    if (!aside) scope.previous = id;
    return id;
  }

  /** It goes on after those that are ready already. */
  ready(scope: ScopeState): void {
    scope.phase = 'ready';
    scope.wakeAt = null;
    scope.turn = this.head.turn;
    this.head.turn += 1;
  }

  schedule(task: ScheduledTask): void {
    this.#tasks.push(task);
  }

  dropChildren(scope: ScopeState): void {
    scope.group = null;
    scope.items = null;
    scope.selectorInput = null;
    this.#dropped.push(scope.id);
    for (const id of this.#scopes.keys()) if (id.startsWith(`${scope.id}/`)) this.#scopes.delete(id);
  }

  /** With the map runs below it, which end with their children. */
  async abortChildren(scope: ScopeState): Promise<void> {
    for (const { id } of await this.around.reader.mapRunsBelow(scope.id)) this.abortMapRun(await this.scope(id));
    this.#aborted.push(scope.id);
  }

  abortMapRun(scope: ScopeState): void {
    if (scope.mapRun === null || (scope.phase !== 'mapRun' && scope.phase !== 'task')) return;
    this.event(scope, 'MapRunAborted', null, { aside: true });
    this.mapRun({ type: 'end', arn: scope.mapRun.arn, status: 'ABORTED' });
    scope.phase = 'aborted';
    scope.wakeAt = null;
    scope.task = null;
  }

  mapRun(change: MapRunChange): void {
    this.#mapRuns.push(change);
  }

  effects(): Effects {
    return {
      head: this.head,
      scopes: [...this.#scopes.values()],
      dropped: this.#dropped,
      aborted: this.#aborted,
      events: this.#events,
      tasks: this.#tasks,
      mapRuns: this.#mapRuns,
    };
  }
}
