import type { ParameterValues } from './resolve.ts';
import { isObject, type Json } from './types.ts';

const REFERENCE = /\{\{\s*([A-Za-z0-9_\-.]+)\s*\}\}/g;
const WHOLE = /^\{\{\s*([A-Za-z0-9_\-.]+)\s*\}\}$/;

/**
 * `input` with the values in the place of `{{ name }}`, as an agent does it: a text that is one reference becomes the
 * value itself, inside other text a list or a map is its JSON, and what nobody declared stays as it is.
 */
export function substitute(input: Json, values: ParameterValues): Json {
  if (typeof input === 'string') {
    const whole = WHOLE.exec(input)?.[1];
    if (whole !== undefined && values.has(whole)) return values.get(whole) ?? null;
    return input.replace(REFERENCE, (reference, name: string) => {
      const value = values.get(name);
      if (value === undefined) return reference;
      return typeof value === 'string' ? value : JSON.stringify(value);
    });
  }
  return mapTexts(input, (text) => substitute(text, values));
}

/** `input` with the names in its references exchanged; those that `rename` has none for stay. */
export function renameReferences(input: Json, rename: (name: string) => string | null): Json {
  if (typeof input !== 'string') return mapTexts(input, (text) => renameReferences(text, rename));
  return input.replace(REFERENCE, (reference, name: string) => {
    const other = rename(name);
    return other === null ? reference : `{{ ${other} }}`;
  });
}

function mapTexts(input: Json, change: (text: string) => Json): Json {
  if (typeof input === 'string') return change(input);
  if (Array.isArray(input)) return input.map((one: Json) => mapTexts(one, change));
  if (isObject(input))
    return Object.fromEntries(Object.entries(input).map(([key, one]) => [key, mapTexts(one, change)]));
  return input;
}
