import { CommandEngine } from '../src/control/run-command/ticker.ts';
import { Bell } from '../src/store/bell.ts';
import { openDatabase } from '../src/store/database.ts';

/**
 * An engine as a process of its own, for tests that kill it: `engine-process.ts SOCKET-FOLDER NOW`. Its clock begins at
 * NOW (milliseconds) and goes on from there.
 */
const [socketFolder = '', began = ''] = process.argv.slice(2);
const store = openDatabase({ socketFolder });
const offset = Number(began) - Date.now();
new CommandEngine({
  db: store.db,
  bell: await Bell.open(store.pool),
  findOrchestration: () => null,
  now: () => new Date(Date.now() + offset),
  onError: (error) => process.stderr.write(`${error}\n`),
  beatMs: 10,
});
process.stdout.write('running\n');
