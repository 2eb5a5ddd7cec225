import type { Json } from '../json.ts';
import { done, isArray, isObject, shown } from './outcome.ts';
import { referenceSteps } from './path.ts';
import type { Evaluated } from './types.ts';

/**
 * What ResultPath makes: `target` with `value` at the path; `value` itself for `$` and undefined, `target` for null.
 * Objects that are missing on the way are made; an index must be there, or be the next one.
 */
export function placeAt(referencePath: string | null | undefined, target: Json, value: Json): Evaluated {
  if (referencePath === null) return done(target);
  if (referencePath === undefined || referencePath === '$') return done(value);
  const steps = referenceSteps(referencePath);
  if (!steps.ok) return steps;
  const fault = (): Evaluated => ({
    ok: false,
    error: 'States.ResultPathMatchFailure',
    cause: `Unable to apply ReferencePath ${referencePath} to input ${shown(target)}`,
  });
  const holders: (Json | undefined)[] = [];
  let here: Json | undefined = target;
  for (const step of steps.value) {
    holders.push(here);
    const child = childAt(here, step);
    if (!child.ok) return fault();
    here = child.value;
  }
  return done(steps.value.reduceRight<Json>((made, step, at) => withChild(holders[at], step, made), value));
}

function childAt(holder: Json | undefined, step: string | number): { ok: boolean; value?: Json | undefined } {
  if (typeof step === 'number')
    return { ok: isArray(holder) && step <= holder.length, value: isArray(holder) ? holder[step] : undefined };
  if (holder === undefined) return { ok: true };
  return { ok: isObject(holder), value: isObject(holder) && Object.hasOwn(holder, step) ? holder[step] : undefined };
}

function withChild(holder: Json | undefined, step: string | number, child: Json): Json {
  if (typeof step === 'number') return isArray(holder) ? holder.toSpliced(step, 1, child) : [child];
  return { ...(isObject(holder) ? holder : {}), [step]: child };
}
