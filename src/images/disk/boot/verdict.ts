import type { BootAnswer } from './check-script.ts';
import type { BootVerdict } from './checks.ts';

/** What is known of a boot from outside. */
export interface BootEnd {
  readonly mode: BootVerdict['mode'];
  /** The newest installed; null where it ran on this machine's. */
  readonly kernel: string | null;
  readonly seconds: number;
  /** How it ended, for where it gave no answer. */
  readonly ended: string;
  /** Why it did not switch itself off as it was asked to; null where it did. */
  readonly stayedOn: string | null;
}

/** Judges what a booted image answered. */
export function judgeBoot(answer: BootAnswer | null, from: BootEnd): BootVerdict {
  const { mode, seconds } = from;
  if (answer === null) {
    return { mode, passed: false, reason: from.ended, kernel: null, failedUnits: [], checks: [], seconds };
  }
  const failed = answer.checks.find(({ passed }) => !passed);
  const reason =
    answer.failedUnits.length > 0
      ? `${answer.failedUnits.length === 1 ? 'a unit' : `${answer.failedUnits.length} units`} failed: ${answer.failedUnits.slice(0, 5).join(', ')}`
      : answer.state !== 'running'
        ? `systemd says "${answer.state || 'nothing'}"`
        : from.kernel !== null && answer.kernel !== from.kernel
          ? `it runs Linux ${answer.kernel}, and the newest installed is ${from.kernel}`
          : failed !== undefined
            ? `${failed.name}: ${failed.detail || 'no'}`
            : from.stayedOn;
  return {
    mode,
    passed: reason === null,
    reason,
    kernel: from.kernel === null ? null : answer.kernel,
    failedUnits: answer.failedUnits,
    checks: answer.checks,
    seconds,
  };
}
