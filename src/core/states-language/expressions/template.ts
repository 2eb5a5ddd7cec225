import type { Json } from '../json.ts';
import { done, isArray, isObject, MOST_LEVELS, runtimeFailure } from './outcome.ts';
import { evaluateStringExpression } from './string-expression.ts';
import type { Evaluated, Random, Scope } from './types.ts';

/** A payload template (Parameters, ResultSelector, ItemSelector, Assign): keys that end in `.$` hold expressions. */
export function evaluateTemplate(template: Json, scope: Scope, random: Random): Evaluated {
  return fill(template, scope, random, 0);
}

function fill(template: Json, scope: Scope, random: Random, level: number): Evaluated {
  if (level > MOST_LEVELS) return runtimeFailure(`The template is nested deeper than ${MOST_LEVELS} levels`);
  if (isArray(template)) {
    const list: Json[] = [];
    for (const one of template) {
      const made = fill(one, scope, random, level + 1);
      if (!made.ok) return made;
      list.push(made.value);
    }
    return done(list);
  }
  if (!isObject(template)) return done(template);
  const fields: [string, Json][] = [];
  for (const [key, one] of Object.entries(template)) {
    const made = key.endsWith('.$') ? expression(key, one, scope, random) : fill(one, scope, random, level + 1);
    if (!made.ok) return made;
    fields.push([key.endsWith('.$') ? key.slice(0, -2) : key, made.value]);
  }
  return done(Object.fromEntries(fields));
}

function expression(key: string, text: Json, scope: Scope, random: Random): Evaluated {
  if (typeof text === 'string') return evaluateStringExpression(text, scope, random, key);
  return runtimeFailure(`The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`);
}
