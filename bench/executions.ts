import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { startExecution } from '../src/control/executions/start.ts';
import { Bell } from '../src/store/bell.ts';
import { startCluster } from '../src/store/cluster.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { secondsOfMap } from './mapping.ts';
import { localInterpreter, motoInterpreter } from './rival-interpreters.ts';
import type { BenchRow } from './row.ts';

const EXECUTIONS = 100;
/** For what is slower: what counts is the time of one transition. */
const FEW = 10;
/** Executions that are being started at the same time. */
const STARTERS = 8;
const ROUNDS = 2;
const ITEMS = 2000;

/** A chain of ten Pass states, a loop that goes round ten times, and a Map over five items. */
const CHAIN = Array.from({ length: 10 }, (_, index) => `P${index}`);
const DEFINITION = JSON.stringify({
  StartAt: 'P0',
  States: {
    ...Object.fromEntries(CHAIN.map((name, index) => [name, { Type: 'Pass', Next: CHAIN[index + 1] ?? 'Zero' }])),
    Zero: { Type: 'Pass', Result: 0, ResultPath: '$.n', Next: 'Again' },
    Again: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericLessThan: 10, Next: 'Add' }], Default: 'Each' },
    Add: {
      Type: 'Pass',
      Parameters: { 'n.$': 'States.MathAdd($.n, 1)', 'items.$': '$.items' },
      Next: 'Again',
    },
    Each: {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: { StartAt: 'One', States: { One: { Type: 'Pass', End: true } } },
      End: true,
    },
  },
});
const INPUT = JSON.stringify({ items: [1, 2, 3, 4, 5] });
const TRANSITIONS = CHAIN.length + 1 + 11 + 10 + 1 + 5;

/** Executions from their start to their end, on a PostgreSQL of ours as a server has it: fsync on, nothing turned off. */
export async function benchExecutions(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kt-bench-'));
  const cluster = await startCluster(folder);
  const store = openDatabase({ socketFolder: cluster.socketFolder });
  const rivals = [await localInterpreter(), await motoInterpreter()].filter((one) => one !== null);
  await migrate(store.pool);
  const bell = await Bell.open(store.pool);
  try {
    const rows: BenchRow[] = [];
    const together = await best(() => measure(store, bell, 64, EXECUTIONS), EXECUTIONS);
    const alone = await best(() => measure(store, bell, 1, FEW), FEW);
    const map = Math.min(await secondsOfMap(store.db, bell, ITEMS), await secondsOfMap(store.db, bell, ITEMS));
    const perSecond = `${Math.round(1 / together)} a second, ${Math.round(1 / alone)} with each in a transaction of its own`;
    const job = 'a durable transition of an execution';
    for (const { name, seconds } of rivals) {
      const theirs = await best(() => seconds(DEFINITION, INPUT, FEW), FEW);
      const row = { job, ours: shown(together), theirs: shown(theirs), versus: name, ratio: theirs / together };
      rows.push({ ...row, note: perSecond });
    }
    if (rows.length === 0) {
      const row = { job, ours: shown(together), theirs: '–', versus: 'nothing to compare with', ratio: null };
      rows.push({ ...row, note: perSecond });
    }
    const mapJob = `a Map over ${ITEMS} items, start to end`;
    const note = `${Math.round(ITEMS / map)} iterations a second`;
    const lone = { versus: 'nothing to compare with', ratio: null, note };
    rows.push({ job: mapJob, ours: `${map.toFixed(2)} s`, theirs: '–', ...lone });
    return rows;
  } finally {
    bell.close();
    for (const { stop } of rivals) await stop();
    await store.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of one transition, in the best of several rounds. */
async function best(round: () => Promise<number>, executions: number): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < ROUNDS; count += 1) times.push(await round());
  return Math.min(...times) / (executions * TRANSITIONS);
}

function shown(seconds: number): string {
  return `${(seconds * 1000).toFixed(2)} ms`;
}

async function measure(
  { db, pool }: ReturnType<typeof openDatabase>,
  bell: Bell,
  batch: number,
  executions: number,
): Promise<number> {
  const onError = (error: unknown) => {
    throw error;
  };
  const now = () => new Date();
  const engine = new ExecutionEngine({ db, bell, findTaskRunner: () => null, now, onError, advance: { batch } });
  const arn = 'arn:aws:states:local:111111111111:stateMachine:bench';
  const stateMachine = { arn, name: 'bench', roleArn: 'role', definition: DEFINITION };
  const began = performance.now();
  let left = executions;
  const starter = async () => {
    while (left > 0) {
      left -= 1;
      await db.transaction((tx) =>
        startExecution(
          { db: tx, account: '111111111111', region: 'local', now: now() },
          { stateMachine, input: INPUT },
        ),
      );
    }
  };
  await Promise.all(Array.from({ length: STARTERS }, starter));
  for (;;) {
    const { rows } = await pool.query("SELECT FROM execution WHERE status = 'RUNNING' LIMIT 1");
    if (rows.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seconds = (performance.now() - began) / 1000;
  await engine.stop();
  const { rows } = await pool.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM execution_event WHERE type LIKE '%StateEntered'",
  );
  await pool.query('DELETE FROM execution');
  const entered = rows[0]?.count;
  if (entered !== executions * TRANSITIONS) throw new Error(`${entered} states were entered`);
  return seconds;
}
