import type { Bell, Channel } from '../../store/bell.ts';

export interface Listening {
  /** Over at a ring, at the end of the time, or when the signal is aborted. */
  readonly done: Promise<void>;
  stop(): void;
}

/**
 * Hears from now on: whoever looks after this and then waits for `done` misses nothing that comes in between. A ring may
 * be lost, so the time has to have an end.
 */
export function listen(
  bell: Bell,
  [channel, key]: readonly [Channel, string],
  ms: number,
  signal: AbortSignal | undefined,
): Listening {
  let stop = (): void => {};
  const done = new Promise<void>((resolve) => {
    const timer = setTimeout(() => stop(), Math.max(0, ms));
    const silence = bell.on(channel, key, () => stop());
    stop = () => {
      clearTimeout(timer);
      silence();
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  });
  return { done, stop: () => stop() };
}
