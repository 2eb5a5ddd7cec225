import type { Json } from '../../json.ts';
import type { Evaluated, JsonataOptions, Scope } from '../types.ts';

/** Any JSON with `{% … %}` strings in it; other strings stay as they are. */
export async function evaluateJsonata(_value: Json, _scope: Scope, _options: JsonataOptions): Promise<Evaluated> {
  throw new Error('not written');
}

/** AWS's complaint about a `{% … %}` string, null where there is none, or where it is no expression. */
export function checkJsonata(_text: string): string | null {
  throw new Error('not written');
}
