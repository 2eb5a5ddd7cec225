import type { Json } from '../../json.ts';
import { isArray, isDeeperThan, isObject, jsonText, MOST_LEVELS } from '../outcome.ts';
import { unescaped } from './unescape.ts';

/** The value of a JSON text; of an empty one AWS makes null. */
export function stringToJson([text]: readonly Json[]): Json | undefined {
  if (typeof text !== 'string') return undefined;
  if (text === '') return null;
  try {
    const value: Json = JSON.parse(text);
    return isDeeperThan(value, MOST_LEVELS) ? undefined : value;
  } catch {
    return undefined;
  }
}

export function jsonToString([value = null]: readonly Json[]): Json | undefined {
  return jsonText(value) ?? undefined;
}

/** The second object's fields over the first one's. Only the shallow mode exists, as in AWS. */
export function jsonMerge([first, second, isDeep]: readonly Json[]): Json | undefined {
  return isObject(first) && isObject(second) && isDeep === false ? { ...first, ...second } : undefined;
}

/** Each character of `separators` splits, and empty pieces are left out: Java's StringTokenizer. */
export function stringSplit([text, separators]: readonly Json[]): Json | undefined {
  if (typeof text !== 'string' || typeof separators !== 'string') return undefined;
  const marks = new Set(separators);
  const pieces: string[] = [];
  let piece = '';
  for (const char of text) {
    if (!marks.has(char)) piece += char;
    else if (piece !== '') [piece] = ['', pieces.push(piece)];
  }
  return piece === '' ? pieces : [...pieces, piece];
}

/**
 * Fills the `{}` of a template. `template` is as it was written, so that `\{` and `\}` are no places. Undefined where there
 * are more places than values or fewer, or a brace stands alone.
 */
export function format(template: string, values: readonly Json[]): string | undefined {
  let used = 0;
  const parts = template.split(/((?:\\[\s\S])|\{\})/).map((part) => {
    if (part !== '{}') return unescaped(part);
    used += 1;
    const value = values[used - 1];
    return value === undefined ? '' : javaText(value);
  });
  const hasLoneBrace = /[{}]/.test(template.replace(/\\[\s\S]|\{\}/g, ''));
  const isDeep = values.some((value) => isDeeperThan(value, MOST_LEVELS));
  return used === values.length && !isDeep && !hasLoneBrace ? parts.join('') : undefined;
}

/** A value as Java prints it, which is what AWS puts into a text: `{Arg1=1, Arg2=[]}`. */
function javaText(value: Json): string {
  if (isDeeperThan(value, MOST_LEVELS)) return '';
  if (isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (!isObject(value)) return String(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${key}=${javaText(one)}`)
    .join(', ')}}`;
}
