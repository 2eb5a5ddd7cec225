import { type Size, sizeOf } from './size.ts';

/**
 * How many targets may be at work at the same time, once `completed` of them have come to an end. At least one, since a
 * share of few targets may round to none. With `rampUp` the first target goes alone, and whenever as many again have
 * come to their end the number doubles: 1, 2, 4, … up to `concurrency`.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-multiple.html
 */
export function windowSize(concurrency: Size, targets: number, completed: number, rampUp: boolean): number {
  const most = Math.max(1, Math.min(sizeOf(concurrency, targets), Math.max(targets, 1)));
  if (!rampUp) return most;
  return Math.min(most, 2 ** Math.floor(Math.log2(completed + 1)));
}
