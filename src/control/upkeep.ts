import type { Database } from '../store/database.ts';
import { dropExpiredCredentials } from './access-keys/access-keys.ts';
import { forgetOldExecutions } from './executions/retention.ts';
import { forgetUnusedPackages } from './exposure/record-inventory.ts';
import { deleteExpiredParameters } from './parameter-store/delete.ts';
import { forgetOldPatches } from './patch-manager/available-patches.ts';
import { forgetOldCommands } from './run-command/retention.ts';

const EVERY_MS = 3_600_000;
const CLEARINGS = [
  dropExpiredCredentials,
  deleteExpiredParameters,
  forgetOldPatches,
  forgetOldCommands,
  forgetOldExecutions,
];

/**
 * What grows without end unless somebody clears it away: credentials and parameters past their time, versions that no
 * node was offered for long, commands of last month, executions of last quarter, package versions that no node has any
 * more. It does not matter when this runs, how often, or on how many servers.
 */
export function keepUp(
  db: Database,
  options: { now: () => Date; onError: (error: unknown) => void },
): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const once = async () => {
    for (const clear of CLEARINGS) {
      await clear(db, options.now());
    }
    await forgetUnusedPackages(db);
  };
  const beat = () => {
    running = running.then(once).catch(options.onError);
  };
  beat();
  const timer = setInterval(beat, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
