import type { StateNode } from '../definition/types.ts';
import type { Json } from '../json.ts';
import type { HistoryEvent } from './history.ts';
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

  constructor(around: Surroundings) {
    this.around = around;
    this.head = { ...around.head };
  }

  /** With the scope that counts its events, so that `event` finds that one here. */
  async scope(id: string): Promise<ScopeState> {
    const known = this.#scopes.get(id);
    if (known !== undefined) return known;
    const read = { ...(await this.around.reader.scope(id)) };
    this.#scopes.set(id, read);
    if (read.history !== null && read.history !== id) await this.scope(read.history);
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

  /** Appends to the history, or only counts where the scope belongs to an iteration of a distributed Map. Its id. */
  event(
    scope: ScopeState,
    type: string,
    details: readonly [string, { readonly [key: string]: Json }] | null = null,
    { previous = scope.previous, aside = false }: EventOptions = {},
  ): number {
    const id = this.#nextId(scope);
    if (scope.history === null) {
      this.#events.push({ id, previousEventId: previous, type, timestamp: this.around.now, details });
    }
    if (!aside) scope.previous = id;
    return id;
  }

  #nextId(scope: ScopeState): number {
    if (scope.history === null) {
      this.head.lastEvent += 1;
      return this.head.lastEvent;
    }
    const counter = this.#scopes.get(scope.history);
    if (counter === undefined) throw new Error(`scope ${scope.history} is not at hand`);
    counter.events += 1;
    return counter.events;
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

  abortChildren(scope: ScopeState): void {
    this.#aborted.push(scope.id);
  }

  effects(): Effects {
    return {
      head: this.head,
      scopes: [...this.#scopes.values()],
      dropped: this.#dropped,
      aborted: this.#aborted,
      events: this.#events,
      tasks: this.#tasks,
    };
  }
}
