const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/**
 * How long to wait before the next attempt after `failures` in a row (1 or more): doubling from half a second to a
 * minute, and anything from half to all of that, so that a fleet does not come back in one wave.
 * `random` answers a number from 0 up to 1.
 */
export function backoffMs(failures: number, random: () => number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return whole * (0.5 + random() / 2);
}

/** Waits, or until `signal` is raised. It never throws. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
