import type { Random } from '../types.ts';

const MASK = (1n << 48n) - 1n;
const MULTIPLIER = 0x5deece66dn;

/**
 * The numbers of `java.util.Random.nextDouble()` for a seed: the same seed gives the same numbers for ever. AWS promises no
 * more than that and does not say which generator it uses, so its numbers for a seed may be others.
 * https://docs.oracle.com/javase/8/docs/api/java/util/Random.html
 */
export function seededRandom(seed: number): Random {
  let state = (BigInt(Math.trunc(seed)) ^ MULTIPLIER) & MASK;
  const bits = (count: bigint): number => {
    state = (state * MULTIPLIER + 0xbn) & MASK;
    return Number(state >> (48n - count));
  };
  return () => (bits(26n) * 2 ** 27 + bits(27n)) / 2 ** 53;
}
