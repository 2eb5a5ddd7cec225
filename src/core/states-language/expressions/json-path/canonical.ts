import type { Json } from '../../json.ts';
import { isDeeperThan, isObject, MOST_LEVELS } from '../outcome.ts';

/** A text that is the same for equal values, whatever the order of their keys; null for one that is nested too deeply. */
export function canonical(value: Json): string | null {
  if (isDeeperThan(value, MOST_LEVELS)) return null;
  return JSON.stringify(value, (_, one: Json) => (isObject(one) ? sorted(one) : one));
}

function sorted(value: { readonly [key: string]: Json }): Json {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
