import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testDatabase } from '../../../test/database.ts';
import { describeExecution, getExecutionHistory } from './describe.ts';
import { startExecution } from './start.ts';

const ENGINE = join(import.meta.dirname, '../../../test/execution-engine-process.ts');
const STATES = 8;
const LEASE_MS = 1500;

/** Runs a definition by an engine that is killed in the middle of the first tasks that begin, twice. */
async function killedRun(t: TestContext, definition: string, input: string) {
  const store = await testDatabase();
  const engines: ChildProcess[] = [];
  t.after(async () => {
    for (const engine of engines) engine.kill('SIGKILL');
    await store.dispose();
  });
  const begun: string[] = [];
  const launch = (): ChildProcess => {
    const engine = spawn(process.execPath, [ENGINE, store.socketFolder, String(LEASE_MS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    engine.stdout.on('data', (chunk: Buffer) => begun.push(...(chunk.toString().match(/(?<=task )\S+/g) ?? [])));
    engines.push(engine);
    return engine;
  };
  const call = { db: store.db, account: '111111111111', region: 'eu-west-1', now: new Date() };
  const stateMachine = {
    arn: 'arn:aws:states:eu-west-1:111111111111:stateMachine:m',
    name: 'm',
    roleArn: 'r',
    definition,
  };
  const { executionArn } = await store.db.transaction((db) => startExecution({ ...call, db }, { stateMachine, input }));
  let engine = launch();
  let kills = 0;
  let seen = 0;
  for (;;) {
    const { status } = await describeExecution(call, { executionArn });
    if (status !== 'RUNNING') break;
    if (begun.length > seen && kills < 2) {
      seen = begun.length;
      engine.kill('SIGKILL');
      kills += 1;
      engine = launch();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(kills, 2);
  return { store, call, executionArn, begun };
}

test('an engine that is killed again and again leaves the history of one that never was, and one key a task', async (t) => {
  const states = Object.fromEntries(
    Array.from({ length: STATES }, (_, index) => [
      `S${index}`,
      {
        ...(index % 2 === 0
          ? { Type: 'Pass', Result: index, ResultPath: '$.last' }
          : { Type: 'Task', Resource: 'kintsugi:slow' }),
        ...(index + 1 < STATES ? { Next: `S${index + 1}` } : { End: true }),
      },
    ]),
  );
  const definition = JSON.stringify({ StartAt: 'S0', States: states });
  const { call, executionArn, begun } = await killedRun(t, definition, '{}');
  const { events } = await getExecutionHistory(call, { executionArn, maxResults: 1000 });
  const expected = Object.values(states).flatMap(({ Type }) =>
    Type === 'Pass'
      ? ['PassStateEntered', 'PassStateExited']
      : ['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
  );
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ExecutionStarted', ...expected, 'ExecutionSucceeded'],
  );
  assert.deepEqual(
    events.map(({ id }) => id),
    events.map((_, index) => index + 1),
  );
  assert.equal(new Set(begun).size, STATES / 2);
  assert.ok(begun.length > STATES / 2, 'tasks whose engine was killed began again');
});

test('a distributed Map whose engine is killed has every child once, and a parent that knows of each', async (t) => {
  const items = Array.from({ length: 6 }, (_, index) => index);
  const processor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Do',
    States: { Do: { Type: 'Task', Resource: 'kintsugi:slow', End: true } },
  };
  const definition = JSON.stringify({
    StartAt: 'Each',
    States: { Each: { Type: 'Map', MaxConcurrency: 2, ItemProcessor: processor, End: true } },
  });
  const { store, call, executionArn, begun } = await killedRun(t, definition, JSON.stringify(items));
  const { output, status } = await describeExecution(call, { executionArn });
  assert.deepEqual([status, JSON.parse(String(output))], ['SUCCEEDED', items]);
  const { rows } = await store.pool.query('SELECT arn, status FROM execution WHERE map_run IS NOT NULL');
  assert.deepEqual(
    rows.map((row) => row.status),
    items.map(() => 'SUCCEEDED'),
  );
  for (const { arn } of rows) {
    const { events } = await getExecutionHistory(call, { executionArn: arn });
    const types = ['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'];
    assert.deepEqual(
      events.map(({ type }) => type),
      ['ExecutionStarted', ...types, 'ExecutionSucceeded'],
    );
  }
  assert.equal(new Set(begun).size, items.length);
  assert.ok(begun.length > items.length, 'tasks whose engine was killed began again');
});
