import type { Json } from '../../json.ts';
import type { Random } from '../types.ts';
import { seededRandom } from './seeded-random.ts';
import { wholeNumber } from './whole-number.ts';

/** The sum, which must be a number of 32 bits as well. Here AWS does round: 1.6 and 2.7 are 5. */
export function mathAdd(args: readonly Json[]): Json | undefined {
  const [a, b] = args.map((value) => wholeNumber(typeof value === 'number' ? Math.round(value) : value));
  return a === undefined || b === undefined ? undefined : wholeNumber(a + b);
}

/** A number from `start` on and below `end`. */
export function mathRandom(args: readonly Json[], random: Random): Json | undefined {
  const [start, end, seed] = args.map(wholeNumber);
  if (start === undefined || end === undefined || start >= end) return undefined;
  if (args.length > 2 && seed === undefined) return undefined;
  const draw = seed === undefined ? random : seededRandom(seed);
  return start + Math.floor(draw() * (end - start));
}
