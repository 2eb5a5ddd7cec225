import { sql } from 'drizzle-orm';
import type { Effects, ScopeReader, ScopeState } from '../../core/states-language/machine/types.ts';
import type { Database } from '../../store/database.ts';
import { unpack } from './payloads.ts';

export interface Turn {
  readonly type: 'turn' | 'wake';
  readonly scope: string;
}

type Row = { readonly body: string; readonly phase: string };

/** Scopes of one execution as a transaction sees them: what it has read and changed, over what is stored. */
export class Overlay {
  readonly #tx: Database;
  readonly #arn: string;
  readonly #scopes = new Map<string, ScopeState>();
  readonly #changed = new Set<string>();
  /** The last one that was loaded, where there are more: those come before whatever is after it. */
  #last: ScopeState | null = null;
  readonly reader: ScopeReader;

  constructor(tx: Database, arn: string) {
    this.#tx = tx;
    this.#arn = arn;
    this.reader = {
      scope: async (id) => ({ ...(await this.#scope(id)) }),
      children: async (parent) => (await this.#children(parent)).map((scope) => ({ ...scope })),
      mapRunsBelow: async (id) => (await this.#mapRunsBelow(id)).map((scope) => ({ ...scope })),
    };
  }

  /** Reads what is ready or due, in the order in which it goes on. */
  async load(now: Date, limit: number): Promise<void> {
    const { rows } = await this.#tx.execute<Row>(sql`
      SELECT phase, body FROM execution_scope
      WHERE execution = ${this.#arn} AND (phase = 'ready' OR wake_at <= ${now})
      ORDER BY phase <> 'ready', CASE WHEN phase = 'ready' THEN turn END, wake_at, id LIMIT ${limit}`);
    let last: ScopeState | null = null;
    for (const row of rows) last = await this.#keep(row);
    this.#last = rows.length < limit ? null : last;
  }

  /** All that is ready or due has been loaded. */
  get isWhole(): boolean {
    return this.#last === null;
  }

  /**
   * The next one to go on; the ready ones by their turn, then those whose time has come. null where there is none, or
   * where one that was not loaded comes first.
   */
  next(now: Date): Turn | null {
    let ready: ScopeState | null = null;
    let due: ScopeState | null = null;
    for (const scope of this.#scopes.values()) {
      if (scope.phase === 'ready') {
        if (ready === null || scope.turn < ready.turn) ready = scope;
      } else if (scope.wakeAt !== null && scope.wakeAt <= now.getTime() && (due === null || isBefore(scope, due))) {
        due = scope;
      }
    }
    const last = this.#last;
    if (ready !== null) {
      const isBeyond = last?.phase === 'ready' && ready.turn > last.turn;
      return isBeyond ? null : { type: 'turn', scope: ready.id };
    }
    const isBeyond = last !== null && (last.phase === 'ready' || (due !== null && isBefore(last, due)));
    return due === null || isBeyond ? null : { type: 'wake', scope: due.id };
  }

  apply({ scopes }: Effects): void {
    for (const scope of scopes) {
      this.#scopes.set(scope.id, scope);
      this.#changed.add(scope.id);
    }
  }

  /** What has to be written; from here on it counts as stored. */
  takeChanged(): ScopeState[] {
    const changed = [...this.#changed].flatMap((id) => this.#scopes.get(id) ?? []);
    this.#changed.clear();
    return changed;
  }

  /** After whole trees were changed in the store. */
  forgetBelow(ids: readonly string[]): void {
    for (const id of [...this.#scopes.keys()]) {
      if (ids.some((parent) => id.startsWith(`${parent}/`))) this.#scopes.delete(id);
    }
  }

  async #scope(id: string): Promise<ScopeState> {
    const known = this.#scopes.get(id);
    if (known !== undefined) return known;
    const { rows } = await this.#tx.execute<Row>(
      sql`SELECT phase, body FROM execution_scope WHERE execution = ${this.#arn} AND id = ${id}`,
    );
    if (rows[0] === undefined) throw new Error(`execution ${this.#arn} has no scope ${id}`);
    return this.#keep(rows[0]);
  }

  async #children(parent: string): Promise<ScopeState[]> {
    const { rows } = await this.#tx.execute<Row & { id: string }>(
      sql`SELECT id, phase, body FROM execution_scope WHERE execution = ${this.#arn} AND parent = ${parent}`,
    );
    const found = new Map<string, ScopeState>();
    for (const row of rows) found.set(row.id, this.#scopes.get(row.id) ?? (await this.#keep(row)));
    for (const scope of this.#scopes.values()) if (scope.parent === parent) found.set(scope.id, scope);
    return [...found.values()].sort((a, b) => a.index - b.index);
  }

  async #mapRunsBelow(above: string): Promise<ScopeState[]> {
    const { rows } = await this.#tx.execute<Row & { id: string }>(
      sql`SELECT id, phase, body FROM execution_scope
          WHERE execution = ${this.#arn} AND starts_with(id, ${`${above}/`}) AND phase IN ('mapRun', 'task')`,
    );
    for (const row of rows) if (!this.#scopes.has(row.id)) await this.#keep(row);
    const all = [...this.#scopes.values()].filter(({ id }) => id.startsWith(`${above}/`));
    const waiting = all.filter(({ phase, mapRun }) => mapRun !== null && (phase === 'mapRun' || phase === 'task'));
    return waiting.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #keep({ body, phase }: Row): Promise<ScopeState> {
    const read = await unpack<ScopeState>(this.#tx, this.#arn, body);
    // Whole trees are aborted by their phase alone.
    const scope: ScopeState = phase === 'aborted' ? { ...read, phase, wakeAt: null, task: null } : read;
    this.#scopes.set(scope.id, scope);
    return scope;
  }
}

function isBefore(a: ScopeState, b: ScopeState): boolean {
  if (a.wakeAt !== b.wakeAt) return (a.wakeAt ?? 0) < (b.wakeAt ?? 0);
  return a.id < b.id;
}
