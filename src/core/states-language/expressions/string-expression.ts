import type { Json } from '../json.ts';
import type { Evaluated, Random, Scope } from './types.ts';

/** A JSONPath, a variable or an intrinsic function, as `…Path` fields and template keys that end in `.$` take it. */
export function evaluateStringExpression(
  _text: string,
  _scope: Scope,
  _random: Random,
  _field: string,
): Evaluated<Json> {
  throw new Error('not written');
}

/** AWS's complaint about an intrinsic function, null where there is none. */
export function checkIntrinsic(_text: string): string | null {
  throw new Error('not written');
}
