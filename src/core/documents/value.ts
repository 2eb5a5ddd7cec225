import type { PatternTest } from './pattern.ts';
import { isObject, type Json, type ParameterDefinition, type ParameterType } from './types.ts';

/**
 * What is wrong with a value for a parameter, as the rest of a sentence (`is not one of […]`), or null. Patterns are
 * judged where there is a `matches`.
 */
export function valueFault(definition: ParameterDefinition, value: Json, matches: PatternTest | null): string | null {
  const { type, allowedValues, minItems, maxItems } = definition;
  const kind = kindFault(type, value);
  if (kind !== null) return kind;
  if (Array.isArray(value)) {
    if (minItems !== null && value.length < minItems) return `has fewer than ${minItems} items`;
    if (maxItems !== null && value.length > maxItems) return `has more than ${maxItems} items`;
  }
  const texts = Array.isArray(value) ? value : [value];
  if (type === 'MapList' || type === 'StringMap') {
    return allowedValues === null || isAmong(value, allowedValues) ? null : notAmong(allowedValues);
  }
  for (const text of texts) {
    const wrong = textFault(definition, text, matches);
    if (wrong !== null) return wrong;
  }
  return null;
}

function textFault(definition: ParameterDefinition, value: Json, matches: PatternTest | null): string | null {
  const { allowedValues, allowedPattern, minChars, maxChars } = definition;
  if (allowedValues !== null && !isAmong(value, allowedValues)) return notAmong(allowedValues);
  const text = String(value);
  if (minChars !== null && text.length < minChars) return `has fewer than ${minChars} characters`;
  if (maxChars !== null && text.length > maxChars) return `has more than ${maxChars} characters`;
  if (allowedPattern === null || matches === null) return null;
  const matched = matches(allowedPattern, text);
  if (matched === null) return `could not be compared with the pattern ${allowedPattern} in time`;
  return matched ? null : `does not match the pattern ${allowedPattern}`;
}

function kindFault(type: ParameterType, value: Json): string | null {
  switch (type) {
    case 'String':
      // Documents write numbers and truths without quotes and mean texts.
      return typeof value === 'object' ? 'is not a text' : null;
    case 'StringList':
      return Array.isArray(value) && value.every((item) => typeof item !== 'object') ? null : 'is not a list of texts';
    case 'Integer':
      return Number.isSafeInteger(typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value)
        ? null
        : 'is not a whole number';
    case 'Boolean':
      return /^(?:true|false)$/i.test(String(value)) ? null : 'is neither true nor false';
    case 'MapList':
      return Array.isArray(value) && value.every((item) => isObject(item)) ? null : 'is not a list of maps';
    case 'StringMap':
      return isObject(value) ? null : 'is not a map';
  }
}

function isAmong(value: Json, allowed: readonly Json[]): boolean {
  return allowed.some((one) => sameText(one) === sameText(value));
}

/** `true` and `"true"`, `5` and `"5"` are one value: commands give every value as a text. */
function sameText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function notAmong(allowed: readonly Json[]): string {
  return `is not one of [${allowed.map(sameText).join(', ')}]`;
}
