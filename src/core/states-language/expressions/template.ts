import type { Json } from '../json.ts';
import type { Evaluated, Random, Scope } from './types.ts';

/** A payload template (Parameters, ResultSelector, ItemSelector, Assign): keys that end in `.$` hold expressions. */
export function evaluateTemplate(_template: Json, _scope: Scope, _random: Random): Evaluated {
  throw new Error('not written');
}
