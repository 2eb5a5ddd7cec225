import type { Database } from '../../../store/database.ts';
import { isBaking, releaseEnded } from './family.ts';
import { sweepWork } from './work-folder.ts';

const EVERY_MS = 60_000;

/**
 * Takes away what executions leave that run no more states, as one that is stopped: at once when the server starts, then
 * every minute.
 */
export function keepBakes(
  db: Database,
  options: {
    readonly home: string;
    readonly onError: (error: unknown) => void;
    readonly everyMs?: number;
    /** What else is done with each beat: the triggers of bakes. */
    readonly also?: () => Promise<void>;
  },
): { stop(): Promise<void> } {
  const { home, onError, everyMs = EVERY_MS, also } = options;
  let running: Promise<void> = Promise.resolve();
  const once = async () => {
    await releaseEnded(db);
    await sweepWork(home, (execution) => isBaking(db, execution));
    await also?.();
  };
  const beat = () => {
    running = running.then(once).catch(onError);
  };
  beat();
  const timer = setInterval(beat, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
