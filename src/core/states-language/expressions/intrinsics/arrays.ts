import type { Json } from '../../json.ts';
import { canonical } from '../json-path/canonical.ts';
import { isArray } from '../outcome.ts';
import { wholeNumber } from './whole-number.ts';

/** The longest array that a range makes, as in AWS. */
const LONGEST_RANGE = 1000;

/** `States.ArrayPartition([1,2,3], 2)`: `[[1,2],[3]]`. */
export function arrayPartition([array, size]: readonly Json[]): Json | undefined {
  const step = wholeNumber(size);
  if (!isArray(array) || step === undefined || step < 1) return undefined;
  const parts: Json[] = [];
  for (let at = 0; at < array.length; at += step) parts.push(array.slice(at, at + step));
  return parts;
}

export function arrayContains([array, value = null]: readonly Json[]): Json | undefined {
  if (!isArray(array)) return undefined;
  const sought = canonical(value);
  return sought !== null && array.some((one) => canonical(one) === sought);
}

/** `States.ArrayRange(1, 9, 2)`: `[1,3,5,7,9]`. */
export function arrayRange(args: readonly Json[]): Json | undefined {
  const [first, last, step] = args.map(wholeNumber);
  if (first === undefined || last === undefined || step === undefined || step === 0) return undefined;
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  return length > LONGEST_RANGE ? undefined : Array.from({ length }, (_, at) => first + at * step);
}

export function arrayGetItem([array, index]: readonly Json[]): Json | undefined {
  const at = wholeNumber(index);
  return isArray(array) && at !== undefined && at >= 0 ? array[at] : undefined;
}

export function arrayLength([array]: readonly Json[]): Json | undefined {
  return isArray(array) ? array.length : undefined;
}

/** The first of each that are equal; undefined where some are nested too deeply to tell. */
export function arrayUnique([array]: readonly Json[]): Json | undefined {
  if (!isArray(array)) return undefined;
  const seen = new Map<string, Json>();
  for (const one of array) {
    const text = canonical(one);
    if (text === null) return undefined;
    if (!seen.has(text)) seen.set(text, one);
  }
  return [...seen.values()];
}
