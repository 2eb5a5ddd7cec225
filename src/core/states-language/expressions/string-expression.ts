import { complaintAbout, evaluateIntrinsic } from './intrinsics/evaluate.ts';
import { evaluatePath } from './path.ts';
import type { Evaluated, Random, Scope } from './types.ts';

/** A JSONPath, a variable or an intrinsic function, as `…Path` fields and template keys that end in `.$` take it. */
export function evaluateStringExpression(text: string, scope: Scope, random: Random, field: string): Evaluated {
  return text.startsWith('$') ? evaluatePath(text, scope, field) : evaluateIntrinsic(text, scope, random);
}

/** AWS's complaint about an intrinsic function, null where there is none. */
export function checkIntrinsic(text: string): string | null {
  return complaintAbout(text);
}
