import type { Json } from '../../json.ts';
import type { Random } from '../types.ts';
import { seededRandom } from './seeded-random.ts';
import { wholeNumber } from './whole-number.ts';

/** The sum, as an integer of 32 bits that wraps around, as Java's. */
export function mathAdd(args: readonly Json[]): Json | undefined {
  const [a, b] = args.map(wholeNumber);
  return a === undefined || b === undefined ? undefined : (a + b) | 0;
}

/** A number from `start` on and below `end`. */
export function mathRandom(args: readonly Json[], random: Random): Json | undefined {
  const [start, end, seed] = args.map(wholeNumber);
  if (start === undefined || end === undefined || start >= end) return undefined;
  if (args.length > 2 && seed === undefined) return undefined;
  const draw = seed === undefined ? random : seededRandom(seed);
  return start + Math.floor(draw() * (end - start));
}
