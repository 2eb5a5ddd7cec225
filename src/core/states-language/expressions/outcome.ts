import type { Json } from '../json.ts';
import type { Evaluated, Failure } from './types.ts';

export function done<T>(value: T): Evaluated<T> {
  return { ok: true, value };
}

/** The error of everything that a definition gets wrong about its data. AWS lets no Catch catch it. */
export function runtimeFailure(cause: string): Failure {
  return { ok: false, error: 'States.Runtime', cause };
}

/** How deep a value may be nested where it has to be walked through whole. */
export const MOST_LEVELS = 1000;

/** Whether a value has more than `levels` arrays and objects in each other; itself without recursion. */
export function isDeeperThan(value: Json, levels: number): boolean {
  let layer: Json[] = [value];
  for (let level = 0; layer.length > 0; level += 1) {
    const next: Json[] = [];
    for (const one of layer) {
      if (typeof one !== 'object' || one === null) continue;
      if (level >= levels) return true;
      for (const child of Object.values(one)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    layer = next;
  }
  return false;
}

/** The JSON text of a value; null for one that is nested deeper than `MOST_LEVELS`. */
export function jsonText(value: Json): string | null {
  return isDeeperThan(value, MOST_LEVELS) ? null : JSON.stringify(value);
}

/** The same for a text that tells an operator about a value. */
export function shown(value: Json): string {
  return jsonText(value) ?? '(nested too deeply to be shown)';
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
