import { type Size, sizeOf } from './size.ts';

/** True once more targets have failed than the run allows: nothing new may start. With 0 allowed the first one does it. */
export function isExhausted(maxErrors: Size, targets: number, failed: number): boolean {
  return failed > sizeOf(maxErrors, targets);
}
