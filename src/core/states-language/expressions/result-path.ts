import type { Json } from '../json.ts';
import type { Evaluated } from './types.ts';

/** What ResultPath makes: `target` with `value` at the path; `value` itself for `$` and undefined, `target` for null. */
export function placeAt(_referencePath: string | null | undefined, _target: Json, _value: Json): Evaluated {
  throw new Error('not written');
}
