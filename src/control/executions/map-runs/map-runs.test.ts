import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../../test/database.ts';
import { fakeCall, invoke } from '../../../../test/fake-call.ts';
import { startEngine } from '../../../../test/start-engine.ts';
import type { Bell } from '../../../store/bell.ts';
import { executionOperations } from '../operations.ts';
import { startExecution } from '../start.ts';
import type { FindTaskRunner } from '../task-runner.ts';

const ACCOUNT = '111111111111';
const ARN = `arn:aws:states:us-east-1:${ACCOUNT}`;
let store: TestDatabase;
let bell: Bell;
let dispose: () => Promise<void>;
let isBroken = true;
let isHeld = true;
/** Inputs of tasks that began, and of those that were told to stop. */
const begun: unknown[] = [];
const stopped: unknown[] = [];

const findTaskRunner: FindTaskRunner = (resource) => ({
  run: async (input, { signal }) => {
    begun.push(input);
    if (resource === 'kintsugi:break' && isBroken && Number(input) % 4 === 3) throw new Error('broken on purpose');
    while (resource === 'kintsugi:hold' && isHeld) {
      await sleep(20, undefined, { signal }).catch((error: unknown) => {
        stopped.push(input);
        throw error;
      });
    }
    return input;
  },
});

before(async () => {
  ({ store, bell, dispose } = await startEngine({ findTaskRunner, leaseMs: 900 }));
});
after(() => dispose());

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
function call(operation: string, input: object): Promise<any> {
  const operations = executionOperations({ bell, random: Math.random, flush: async () => {} });
  return invoke(operations, operation, fakeCall(store.db, { account: ACCOUNT }), input);
}

const count = (most: number) => Array.from({ length: most }, (_, index) => index);
const map = (resource: string, more: object = {}) => ({
  Type: 'Map',
  Label: 'Nodes',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Do',
    States: { Do: { Type: 'Task', Resource: resource, End: true } },
  },
  End: true,
  ...more,
});

async function start(state: object, items: unknown): Promise<string> {
  const definition = JSON.stringify({ StartAt: 'Each', States: { Each: state } });
  const stateMachine = { arn: `${ARN}:stateMachine:fleet`, name: 'fleet', roleArn: 'role', definition };
  const where = { account: ACCOUNT, region: 'us-east-1', now: new Date() };
  const started = await store.db.transaction((db) =>
    startExecution({ ...where, db }, { stateMachine, input: JSON.stringify(items) }),
  );
  return started.executionArn;
}

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    await sleep(20);
  }
}
// biome-ignore lint/suspicious/noExplicitAny: as above.
const end = (executionArn: string): Promise<any> =>
  until(
    () => call('DescribeExecution', { executionArn }),
    ({ status }) => status !== 'RUNNING',
  );
const runOf = async (executionArn: string) => {
  const { mapRuns } = await until(
    () => call('ListMapRuns', { executionArn }),
    (listed) => listed.mapRuns.length > 0,
  );
  return mapRuns[0].mapRunArn as string;
};
const types = async (executionArn: string) =>
  (await call('GetExecutionHistory', { executionArn })).events.map(({ type }: { type: string }) => type);

test('a Map run has children of its own, and its parent a history of few events', async () => {
  const executionArn = await start(map('kintsugi:echo'), count(120));
  const told = await end(executionArn);
  assert.deepEqual(JSON.parse(told.output), count(120));
  assert.deepEqual(await types(executionArn), [
    'ExecutionStarted',
    'MapStateEntered',
    'MapStateStarted',
    'MapRunStarted',
    'MapRunSucceeded',
    'MapStateSucceeded',
    'MapStateExited',
    'ExecutionSucceeded',
  ]);
  const mapRunArn = await runOf(executionArn);
  assert.match(mapRunArn, new RegExp(`^${ARN}:mapRun:fleet/Nodes:[0-9a-f-]{36}$`));
  const run = await call('DescribeMapRun', { mapRunArn });
  const { succeeded, total, resultsWritten, pending, running } = run.executionCounts;
  assert.deepEqual(
    [run.status, succeeded, total, resultsWritten, pending, running],
    ['SUCCEEDED', 120, 120, 120, 0, 0],
  );
  const seen = new Map<string, string>();
  for (let nextToken: string | undefined = ''; nextToken !== undefined; ) {
    const page = await call('ListExecutions', { mapRunArn, maxResults: 50, ...(nextToken ? { nextToken } : {}) });
    for (const one of page.executions) seen.set(one.executionArn, one.status);
    nextToken = page.nextToken;
  }
  assert.equal(seen.size, 120);
  const [child = ''] = seen.keys();
  assert.match(child, new RegExp(`^${ARN}:execution:fleet/Nodes:[0-9a-f-]{36}$`));
  const described = await call('DescribeExecution', { executionArn: child });
  assert.deepEqual(
    [described.mapRunArn, described.stateMachineArn, described.output],
    [mapRunArn, `${ARN}:stateMachine:fleet/Nodes`, described.input],
  );
  assert.equal((await types(child)).at(-1), 'ExecutionSucceeded');
  const machine = await call('DescribeStateMachineForExecution', { executionArn: child });
  assert.deepEqual([machine.label, JSON.parse(machine.definition).StartAt], ['Nodes', 'Do']);
  const { executions } = await call('ListExecutions', { mapRunArn, statusFilter: 'FAILED' });
  assert.deepEqual(executions, []);
});

test('a parent that is stopped stops its children, and begins no more of them', async () => {
  isHeld = true;
  begun.length = 0;
  const executionArn = await start(map('kintsugi:hold', { MaxConcurrency: 3 }), count(9));
  const mapRunArn = await runOf(executionArn);
  await until(
    async () => begun.length,
    (many) => many === 3,
  );
  const before = await call('DescribeMapRun', { mapRunArn });
  assert.deepEqual([before.status, before.itemCounts.running, before.itemCounts.pending], ['RUNNING', 3, 6]);
  await call('StopExecution', { executionArn });
  const after = await until(
    () => call('DescribeMapRun', { mapRunArn }),
    ({ executionCounts }) => executionCounts.running === 0,
  );
  assert.deepEqual([after.status, after.executionCounts.aborted, after.executionCounts.pending], ['ABORTED', 3, 6]);
  await until(
    async () => stopped.length,
    (many) => many === 3,
  );
  assert.equal(begun.length, 3);
  assert.deepEqual((await types(executionArn)).slice(-2), ['MapRunAborted', 'ExecutionAborted']);
});

test('a run that goes on takes another concurrency', async () => {
  isHeld = true;
  begun.length = 0;
  const executionArn = await start(map('kintsugi:hold', { MaxConcurrency: 1 }), count(6));
  const mapRunArn = await runOf(executionArn);
  await until(
    async () => begun.length,
    (many) => many === 1,
  );
  await assert.rejects(call('UpdateMapRun', { mapRunArn }), { code: 'ValidationException' });
  await call('UpdateMapRun', { mapRunArn, maxConcurrency: 4 });
  await until(
    async () => begun.length,
    (many) => many === 4,
  );
  isHeld = false;
  assert.equal((await end(executionArn)).status, 'SUCCEEDED');
  await assert.rejects(call('UpdateMapRun', { mapRunArn, maxConcurrency: 1 }), { code: 'ValidationException' });
});

test('more failures are borne when a run that goes on is told so', async () => {
  isBroken = true;
  isHeld = true;
  const processor = map('kintsugi:break').ItemProcessor;
  const states = {
    Do: { ...processor.States.Do, Next: 'Hold', End: undefined },
    Hold: { Type: 'Task', Resource: 'kintsugi:hold', End: true },
  };
  const state = map('', {
    MaxConcurrency: 10,
    ToleratedFailureCount: 1,
    ItemProcessor: { ...processor, States: states },
  });
  const executionArn = await start(state, count(7));
  const mapRunArn = await runOf(executionArn);
  await call('UpdateMapRun', { mapRunArn, toleratedFailureCount: 0, toleratedFailurePercentage: 90 });
  isHeld = false;
  const told = await end(executionArn);
  assert.equal(told.status, 'SUCCEEDED', told.cause);
  assert.deepEqual((await call('DescribeMapRun', { mapRunArn })).itemCounts.failed, 1);
});

test('a redrive runs what failed again, and nothing that succeeded', async () => {
  isBroken = true;
  begun.length = 0;
  const executionArn = await start(map('kintsugi:break', { MaxConcurrency: 2 }), count(8));
  const told = await end(executionArn);
  assert.deepEqual([told.status, told.error], ['FAILED', 'States.ExceedToleratedFailureThreshold']);
  const mapRunArn = await runOf(executionArn);
  const { executionCounts } = await call('DescribeMapRun', { mapRunArn });
  assert.ok(executionCounts.failed >= 1 && executionCounts.running === 0);
  const { executions } = await call('ListExecutions', { mapRunArn, statusFilter: 'FAILED' });
  const child = await call('DescribeExecution', { executionArn: executions[0].executionArn });
  assert.equal(child.redriveStatus, 'REDRIVABLE_BY_MAP_RUN');
  await assert.rejects(call('RedriveExecution', { executionArn: child.executionArn }), {
    code: 'ExecutionNotRedrivable',
  });
  const done = await call('ListExecutions', { mapRunArn, statusFilter: 'SUCCEEDED' });
  isBroken = false;
  begun.length = 0;
  await call('RedriveExecution', { executionArn });
  const redriven = await end(executionArn);
  assert.deepEqual(JSON.parse(redriven.output), count(8));
  assert.equal(begun.length, 8 - done.executions.length);
  const run = await call('DescribeMapRun', { mapRunArn });
  assert.deepEqual([run.status, run.redriveCount, run.executionCounts.succeeded], ['SUCCEEDED', 1, 8]);
  assert.ok((await types(executionArn)).includes('MapRunRedriven'));
});

test('EXPRESS children keep no history, are described, and begin anew in a redrive', async () => {
  isBroken = true;
  const { ItemProcessor } = map('kintsugi:break');
  const express = { ...ItemProcessor, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' } };
  const executionArn = await start(map('', { ItemProcessor: express }), count(4));
  assert.equal((await end(executionArn)).status, 'FAILED');
  const mapRunArn = await runOf(executionArn);
  const { executions } = await call('ListExecutions', { mapRunArn, statusFilter: 'FAILED' });
  const child = executions[0].executionArn;
  assert.match(child, /:express:fleet\/Nodes:[0-9a-f-]{36}:[0-9a-f-]{36}$/);
  assert.equal((await call('DescribeExecution', { executionArn: child })).error, 'States.TaskFailed');
  await assert.rejects(call('GetExecutionHistory', { executionArn: child }), { code: 'StateMachineTypeNotSupported' });
  isBroken = false;
  await call('RedriveExecution', { executionArn });
  assert.deepEqual(JSON.parse((await end(executionArn)).output), count(4));
});

test('what is no map run is told by name', async () => {
  for (const mapRunArn of ['x', `${ARN}:mapRun:fleet`, `${ARN}:mapRun:fleet/a:b:c`, `${ARN}:execution:fleet:x`])
    await assert.rejects(call('DescribeMapRun', { mapRunArn }), { code: 'InvalidArn' }, mapRunArn);
  const mapRunArn = `${ARN}:mapRun:fleet/Nodes:none`;
  await assert.rejects(call('DescribeMapRun', { mapRunArn }), { code: 'ResourceNotFound' });
  await assert.rejects(call('ListExecutions', { mapRunArn }), { code: 'ResourceNotFound' });
  await assert.rejects(call('ListExecutions', {}), { code: 'ValidationException' });
});
