import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../test/database.ts';
import { startEngine } from '../../../test/start-engine.ts';
import type { Bell } from '../../store/bell.ts';
import { activity } from '../../store/schema/executions.ts';
import { getActivityTask } from './activity-poll.ts';
import { describeExecution, getExecutionHistory } from './describe.ts';
import { startExecution } from './start.ts';
import type { TaskSurroundings } from './task-runner.ts';
import { sendTaskHeartbeat } from './task-tokens.ts';

const ARN = 'arn:aws:states:eu-west-1:111111111111';
let store: TestDatabase;
let bell: Bell;
let dispose: () => Promise<void>;
const aborted: string[] = [];

/** `beats N`: N signs of life, one every 300 ms, and then nothing until it is told to stop. */
async function beats(resource: string, { heartbeat, signal }: TaskSurroundings): Promise<unknown> {
  for (let left = Number(/\d+$/.exec(resource)?.[0]); left > 0; left -= 1) {
    await sleep(300, undefined, { signal });
    await heartbeat();
  }
  await sleep(600_000, undefined, { signal }).catch((error: unknown) => {
    aborted.push(resource);
    throw error;
  });
  return null;
}

before(async () => {
  ({ store, bell, dispose } = await startEngine({
    findTaskRunner: (resource) => ({
      run: async (input, around) => {
        if (resource.startsWith('kintsugi:beats')) return beats(resource, around);
        if (resource.endsWith('.waitForTaskToken')) return {};
        if (typeof input === 'object' && input !== null && 'break' in input) throw new Error('broken on purpose');
        return input;
      },
    }),
    leaseMs: 900,
  }));
});
after(() => dispose());

const call = () => ({ db: store.db, account: '111111111111', region: 'eu-west-1', now: new Date() });

async function start(state: object, input: unknown = {}): Promise<string> {
  const definition = JSON.stringify({ StartAt: 'S', States: { S: { End: true, ...state } } });
  const stateMachine = { arn: `${ARN}:stateMachine:m`, name: 'm', roleArn: 'role', definition };
  const started = await store.db.transaction((db) =>
    startExecution({ ...call(), db }, { stateMachine, input: JSON.stringify(input) }),
  );
  return started.executionArn;
}

async function end(executionArn: string) {
  for (;;) {
    const described = await describeExecution(call(), { executionArn });
    if (described.status !== 'RUNNING') return described;
    await sleep(20);
  }
}

const types = async (executionArn: string) =>
  (await getExecutionHistory(call(), { executionArn, maxResults: 1000 })).events.map(({ type }) => type);

test('a task that stops to beat times out, is told to stop, and its retrier is asked', async () => {
  const arn = await start({
    Type: 'Task',
    Resource: 'kintsugi:beats 5',
    HeartbeatSeconds: 1,
    TimeoutSeconds: 600,
    Retry: [{ ErrorEquals: ['States.HeartbeatTimeout'], MaxAttempts: 1, IntervalSeconds: 1 }],
  });
  const told = await end(arn);
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.HeartbeatTimeout']);
  const attempt = ['TaskScheduled', 'TaskStarted', 'TaskTimedOut'];
  assert.deepEqual(await types(arn), [
    'ExecutionStarted',
    'TaskStateEntered',
    ...attempt,
    ...attempt,
    'ExecutionFailed',
  ]);
  while (aborted.length < 2) await sleep(20);
});

test('TimeoutSeconds ends a task however much it beats', async () => {
  const arn = await start({
    Type: 'Task',
    Resource: 'kintsugi:beats 1000',
    HeartbeatSeconds: 1,
    TimeoutSeconds: 2,
  });
  const told = await end(arn);
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.Timeout']);
});

test('a token that nobody beats for times out, and beating for it afterwards says so', async () => {
  const arn = await start({
    Type: 'Task',
    Resource: 'kintsugi:approve.waitForTaskToken',
    Parameters: { 'token.$': '$$.Task.Token' },
    HeartbeatSeconds: 1,
  });
  let token = '';
  while (token === '') {
    const { rows } = await store.pool.query('SELECT token FROM execution_task WHERE execution = $1', [arn]);
    token = rows[0]?.token ?? '';
    await sleep(10);
  }
  const beat = () => store.db.transaction((db) => sendTaskHeartbeat({ ...call(), db }, { taskToken: token }));
  for (let count = 0; count < 5; count += 1) {
    await beat();
    await sleep(300);
  }
  const told = await end(arn);
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.HeartbeatTimeout']);
  assert.ok((await types(arn)).includes('TaskSubmitted'));
  await assert.rejects(beat(), { code: 'TaskTimedOut' });
});

test("an activity's heart beats from when a worker has it", async () => {
  const activityArn = `${ARN}:activity:slow`;
  await store.db
    .insert(activity)
    .values({ arn: activityArn, account: '111111111111', name: 'slow', createdAt: new Date() });
  const arn = await start({ Type: 'Task', Resource: activityArn, HeartbeatSeconds: 1, TimeoutSeconds: 600 });
  await sleep(1500);
  const poll = { db: store.db, bell, account: '111111111111', now: () => new Date() };
  assert.ok(await getActivityTask(poll, { activityArn }), 'it is there after more than its HeartbeatSeconds');
  const told = await end(arn);
  assert.equal(told.error, 'States.HeartbeatTimeout');
  assert.ok((await types(arn)).includes('ActivityTimedOut'));
});

const inner = (state: object) => ({ StartAt: 'I', States: { I: { End: true, ...state } } });
const task = inner({ Type: 'Task', Resource: 'kintsugi:echo' });

test('a Map gives its iterations batches of items, by number and by size', async () => {
  const batcher = { MaxItemsPerBatch: 2, BatchInput: { 'group.$': '$.group' } };
  const machine = { ItemProcessor: { ...task, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } } };
  const input = { group: 'web', items: [1, 2, 3, 4, 5] };
  const map = { Type: 'Map', ItemsPath: '$.items', MaxConcurrency: 2, ...machine };
  const told = await end(await start({ ...map, ItemBatcher: batcher }, input));
  const BatchInput = { group: 'web' };
  assert.deepEqual(JSON.parse(String(told.output)), [
    { BatchInput, Items: [1, 2] },
    { BatchInput, Items: [3, 4] },
    { BatchInput, Items: [5] },
  ]);
  const bySize = { ItemSelector: { 'n.$': '$$.Map.Item.Value' }, ItemBatcher: { MaxInputBytesPerBatch: 40 } };
  const batches = JSON.parse(String((await end(await start({ ...map, ...bySize }, input))).output));
  assert.deepEqual(
    batches.flatMap(({ Items }: { Items: { n: number }[] }) => Items.map(({ n }) => n)),
    input.items,
  );
  for (const batch of batches) assert.ok(JSON.stringify(batch).length <= 40 || batch.Items.length === 1);
  const none = await end(await start({ ...map, ItemBatcher: { MaxItemsPerBatchPath: '$.group' } }, input));
  assert.deepEqual([none.status, none.error], ['FAILED', 'States.Runtime']);
});

test('a Map bears as many failures as it is told, by count and by share, and fails at one more', async () => {
  const machine = { ItemProcessor: { ...task, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } } };
  const items = (broken: number) => Array.from({ length: 8 }, (_, index) => (index < broken ? { break: 1 } : index));
  const map = { Type: 'Map', MaxConcurrency: 3, ...machine };
  for (const tolerance of [{ ToleratedFailureCount: 2 }, { ToleratedFailurePercentage: 25 }]) {
    const borne = await end(await start({ ...map, ...tolerance }, items(2)));
    assert.equal(borne.status, 'SUCCEEDED', JSON.stringify(borne));
    const output = JSON.parse(String(borne.output));
    assert.deepEqual(
      [output[0].Status, output[0].Error, output[0].Cause],
      ['FAILED', 'States.TaskFailed', 'broken on purpose'],
    );
    assert.deepEqual(output.slice(2), items(2).slice(2));
    const beyond = await start({ ...map, ...tolerance }, items(3));
    const told = await end(beyond);
    assert.deepEqual([told.status, told.error], ['FAILED', 'States.ExceedToleratedFailureThreshold']);
    assert.ok((await types(beyond)).includes('MapRunFailed'));
    const { rows } = await store.pool.query('SELECT FROM execution_task WHERE execution = $1', [beyond]);
    assert.equal(rows.length, 0, 'what still ran is aborted');
  }
});
