import type { Json } from '../json.ts';
import type { Evaluated, Scope } from './types.ts';

/**
 * The value of a JSONPath: `$.a[0]`, `$$.Execution.Id`, `$variable.b`. `field` is the field that holds it, as AWS's
 * texts name it: `InputPath`, `CausePath`, `value.$`.
 */
export function evaluatePath(_path: string, _scope: Scope, _field: string): Evaluated<Json> {
  throw new Error('not written');
}

/** AWS's complaint about a JSONPath, null where there is none. */
export function checkPath(_path: string): string | null {
  throw new Error('not written');
}

/** The same for a reference path (ResultPath): only names and indexes. */
export function checkReferencePath(_path: string): string | null {
  throw new Error('not written');
}
