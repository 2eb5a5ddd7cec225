import type { Effects, Happening, ScopeReader, ScopeState } from './types.ts';

/** Scopes of one execution that no store has. */
export type Scopes = Map<string, ScopeState>;

export function readerOf(scopes: Scopes): ScopeReader {
  const all = () => [...scopes.values()];
  return {
    scope: async (id) => {
      const found = scopes.get(id);
      if (found === undefined) throw new Error(`there is no scope ${id}`);
      return structuredClone(found);
    },
    children: async (parent) =>
      structuredClone(
        all()
          .filter((one) => one.parent === parent)
          .sort((a, b) => a.index - b.index),
      ),
    mapRunsBelow: async (id) =>
      structuredClone(all().filter((one) => one.phase === 'mapRun' && one.id.startsWith(`${id}/`))),
  };
}

/** What goes on next, in the order in which a store hands it out: the ready by their turn, then what is due. */
export function nextHappening(scopes: Scopes, now: Date): Happening | null {
  const all = [...scopes.values()];
  const [ready] = all.filter(({ phase }) => phase === 'ready').sort((a, b) => a.turn - b.turn);
  if (ready !== undefined) return { type: 'turn', scope: ready.id };
  const [due] = all
    .filter(({ wakeAt }) => wakeAt !== null && wakeAt <= now.getTime())
    .sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0) || (a.id < b.id ? -1 : 1));
  return due === undefined ? null : { type: 'wake', scope: due.id };
}

export function applyEffects(scopes: Scopes, { scopes: changed, dropped, aborted }: Effects): void {
  for (const scope of changed) scopes.set(scope.id, structuredClone(scope));
  for (const [id, scope] of [...scopes]) {
    if (dropped.some((parent) => id.startsWith(`${parent}/`))) {
      scopes.delete(id);
      continue;
    }
    const isOpen = scope.phase !== 'succeeded' && scope.phase !== 'failed';
    if (isOpen && aborted.some((parent) => id.startsWith(`${parent}/`))) {
      scopes.set(id, { ...scope, phase: 'aborted', wakeAt: null, task: null });
    }
  }
}
