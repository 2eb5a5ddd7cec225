import type { Json } from '../../../core/states-language/json.ts';
import { tooLarge, unusable } from './task-failure.ts';

export const ARRAY_FORMATS = ['INDICES', 'REPEAT', 'COMMAS', 'BRACKETS'] as const;
export type ArrayFormat = (typeof ARRAY_FORMATS)[number];

const MOST_DEPTH = 100;
/** Characters: encoded, a payload of 256 KiB is a few times longer, and names of what is nested are repeated. */
const MOST_ENCODED = 1024 * 1024;

/**
 * JSON as `application/x-www-form-urlencoded`: `{"a": {"b": ["c"]}}` is `a[b][0]=c` with INDICES, its brackets and
 * whatever else needs it escaped. https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
 */
export function formEncoded(value: { readonly [key: string]: Json }, format: ArrayFormat): string {
  const pairs: string[] = [];
  let length = 0;
  const add = (key: string, text: string): void => {
    const pair = `${encoded(key)}=${text}`;
    length += pair.length + 1;
    if (length > MOST_ENCODED) throw tooLarge();
    pairs.push(pair);
  };
  const walk = (key: string, one: Json, depth: number): void => {
    if (depth > MOST_DEPTH) throw unusable(`The RequestBody is nested deeper than ${MOST_DEPTH} levels.`);
    if (Array.isArray(one) && format === 'COMMAS') {
      add(key, one.map((item) => encoded(scalar(item, key))).join(','));
    } else if (Array.isArray(one)) {
      for (const [index, item] of one.entries()) walk(arrayKey(key, index, format), item, depth + 1);
    } else if (typeof one === 'object' && one !== null) {
      for (const [name, item] of Object.entries(one)) walk(`${key}[${name}]`, item, depth + 1);
    } else add(key, encoded(scalar(one, key)));
  };
  for (const [key, one] of Object.entries(value)) walk(key, one, 0);
  return pairs.join('&');
}

/** Spaces are `%20`; half a surrogate pair is what stands for a character that cannot be read. */
export function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function arrayKey(key: string, index: number, format: ArrayFormat): string {
  return format === 'INDICES' ? `${key}[${index}]` : format === 'BRACKETS' ? `${key}[]` : key;
}

function scalar(value: Json, key: string): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  throw unusable(`The ArrayFormat COMMAS takes arrays of single values, and '${key.slice(0, 100)}' holds more.`);
}
