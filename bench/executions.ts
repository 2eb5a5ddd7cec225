import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { startExecution } from '../src/control/executions/start.ts';
import { Bell } from '../src/store/bell.ts';
import { startCluster } from '../src/store/cluster.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import type { BenchRow } from './row.ts';

const EXECUTIONS = 200;
const STATES = 10;

/** Executions of ten Pass states, on a PostgreSQL of ours as a server has it: fsync on, nothing turned off. */
export async function benchExecutions(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kt-bench-'));
  const cluster = await startCluster(folder);
  const store = openDatabase({ socketFolder: cluster.socketFolder });
  try {
    await migrate(store.pool);
    const bell = await Bell.open(store.pool);
    const rows: BenchRow[] = [];
    for (const batch of [1, 64]) {
      const seconds = await measure(store, bell, batch);
      const transitions = EXECUTIONS * STATES;
      rows.push({
        job:
          batch === 1
            ? 'durable transitions, each a transaction'
            : 'durable transitions, those of an execution together',
        ours: `${((seconds * 1000) / transitions).toFixed(2)} ms`,
        theirs: '–',
        versus: 'nothing to compare with',
        ratio: null,
        note: `${EXECUTIONS} executions of ${STATES} states, fsync on: ${Math.round(transitions / seconds)} a second`,
      });
    }
    bell.close();
    return rows;
  } finally {
    await store.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(store: ReturnType<typeof openDatabase>, bell: Bell, batch: number): Promise<number> {
  const { db } = store;
  const names = Array.from({ length: STATES }, (_, index) => `S${index}`);
  const states = names.map((name, index) => [
    name,
    { Type: 'Pass', ...(index + 1 < STATES ? { Next: names[index + 1] } : { End: true }) },
  ]);
  const definition = JSON.stringify({ StartAt: 'S0', States: Object.fromEntries(states) });
  const arn = `arn:aws:states:local:111111111111:stateMachine:bench${batch}`;
  const stateMachine = { arn, name: `bench${batch}`, roleArn: 'role', definition };
  for (let index = 0; index < EXECUTIONS; index += 1) {
    await db.transaction((tx) =>
      startExecution(
        { db: tx, account: '111111111111', region: 'local', now: new Date() },
        { stateMachine, input: '{"host":"web1"}' },
      ),
    );
  }
  const began = performance.now();
  const onError = (error: unknown) => {
    throw error;
  };
  const engine = new ExecutionEngine({
    db,
    bell,
    findTaskRunner: () => null,
    now: () => new Date(),
    onError,
    advance: { batch },
  });
  for (;;) {
    const { rows } = await store.pool.query("SELECT FROM execution WHERE status = 'RUNNING' LIMIT 1");
    if (rows.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seconds = (performance.now() - began) / 1000;
  await engine.stop();
  return seconds;
}
