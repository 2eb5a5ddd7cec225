import type { Json } from '../../json.ts';
import type { Evaluated, Scope } from '../types.ts';

/** A choice rule of JSONPath as the definition has it: `Variable` and one comparison, or And, Or, Not; Next is ignored. */
export function evaluateChoice(_rule: { readonly [key: string]: Json }, _scope: Scope): Evaluated<boolean> {
  throw new Error('not written');
}
