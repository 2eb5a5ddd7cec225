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
  { home, onError, everyMs = EVERY_MS }: { home: string; onError: (error: unknown) => void; everyMs?: number },
): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const once = async () => {
    await releaseEnded(db);
    await sweepWork(home, (execution) => isBaking(db, execution));
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
