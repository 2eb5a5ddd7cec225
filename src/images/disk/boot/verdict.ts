import type { BootAnswer } from './check-script.ts';
import type { BootVerdict } from './checks.ts';

/** Judges what a booted image answered. `kernel`: the newest installed; null where it ran on this machine's. */
export function judgeBoot(
  answer: BootAnswer | null,
  from: { mode: BootVerdict['mode']; kernel: string | null; seconds: number; ended: string },
): BootVerdict {
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
            : null;
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
