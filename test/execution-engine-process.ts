import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { Bell } from '../src/store/bell.ts';
import { openDatabase } from '../src/store/database.ts';

/**
 * An engine of executions as a process of its own, for tests that kill it: `execution-engine-process.ts SOCKET-FOLDER
 * LEASE-MS`. Its tasks take a while, and say their key on standard output when they begin.
 */
const [socketFolder = '', lease = ''] = process.argv.slice(2);
const store = openDatabase({ socketFolder });
new ExecutionEngine({
  db: store.db,
  bell: await Bell.open(store.pool),
  findTaskRunner: () => ({
    run: async (input, { idempotencyKey }) => {
      process.stdout.write(`task ${idempotencyKey}\n`);
      await new Promise((resolve) => setTimeout(resolve, 400));
      return input;
    },
  }),
  now: () => new Date(),
  onError: (error) => process.stderr.write(`${error}\n`),
  beatMs: 50,
  leaseMs: Number(lease),
  advance: { batch: 1 },
});
process.stdout.write('running\n');
