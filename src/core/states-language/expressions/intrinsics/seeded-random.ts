import type { Random } from '../types.ts';

const MASK = (1n << 64n) - 1n;

/**
 * The numbers of SplitMix64 for a seed: the same seed gives the same numbers for ever, and seeds side by side unlike ones.
 * AWS promises the first and does not say which generator it uses; no recording shows a number of it, so AWS's number for a
 * seed may be another.
 * https://prng.di.unimi.it/splitmix64.c
 */
export function seededRandom(seed: number): Random {
  let state = BigInt.asUintN(64, BigInt(Number.isFinite(seed) ? Math.trunc(seed) : 0));
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let mixed = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return Number((mixed ^ (mixed >> 31n)) >> 11n) / 2 ** 53;
  };
}
