import type { Json } from '../../json.ts';

const LARGEST = 2 ** 31;

/**
 * A number as AWS takes it for counts, indexes and bounds: the documentation says that it is rounded, yet AWS cuts the
 * fraction off (MathRandom(1.4, 1.6) is refused, ArrayRange(1.6, 1.4, 1) is [1]). Undefined for what is no number of 32 bits.
 */
export function wholeNumber(value: Json | undefined): number | undefined {
  if (typeof value !== 'number') return undefined;
  const whole = Math.trunc(value) + 0;
  return whole >= -LARGEST && whole < LARGEST ? whole : undefined;
}
