import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'drizzle-orm';
import type { TestDatabase } from '../../../test/database.ts';
import { startEngine } from '../../../test/start-engine.ts';
import type { Bell } from '../../store/bell.ts';
import { activity } from '../../store/schema/executions.ts';
import { getActivityTask } from './activity-poll.ts';
import { describeExecution, getExecutionHistory, listExecutions } from './describe.ts';
import { forgetOldExecutions } from './retention.ts';
import { startExecution, type UseCase } from './start.ts';
import { redriveExecution, stopExecution } from './stop.ts';
import { type FindTaskRunner, TaskError } from './task-runner.ts';
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './task-tokens.ts';

let store: TestDatabase;
let bell: Bell;
let dispose: () => Promise<void>;
const tokens: string[] = [];
const keys: string[] = [];
let isBroken = true;

const findTaskRunner: FindTaskRunner = (resource) => {
  if (resource.startsWith('kintsugi:none')) return null;
  return {
    run: async (input, { taskToken, idempotencyKey }) => {
      keys.push(idempotencyKey);
      if (taskToken !== null) tokens.push(taskToken);
      if (resource === 'kintsugi:break' && isBroken) throw new TaskError('Broken', 'on purpose');
      return input;
    },
  };
};

before(async () => {
  ({ store, bell, dispose } = await startEngine({ findTaskRunner }));
});
after(() => dispose());

const ARN = 'arn:aws:states:eu-west-1:111111111111';
const call = (): UseCase => ({ db: store.db, account: '111111111111', region: 'eu-west-1', now: new Date() });
const inOne = <T>(what: (call: UseCase) => Promise<T>): Promise<T> =>
  store.db.transaction((db) => what({ ...call(), db }));

function start(state: object, more: { name?: string; input?: string } = {}) {
  const definition = JSON.stringify({ StartAt: 'S', States: { S: { End: true, ...state } } });
  const stateMachine = { arn: `${ARN}:stateMachine:m`, name: 'm', roleArn: 'role', definition };
  return inOne((one) => startExecution(one, { stateMachine, ...more }));
}

async function until(executionArn: string, ...statuses: string[]) {
  for (;;) {
    const described = await describeExecution(call(), { executionArn });
    if (statuses.includes(String(described.status))) return described;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const ended = (arn: string) => until(arn, 'SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT');
const types = async (executionArn: string) =>
  (await getExecutionHistory(call(), { executionArn })).events.map(({ type }) => type);

test('a payload of 200 KiB passes through states and history as it was', async () => {
  const input = JSON.stringify({ large: 'ü'.repeat(100_000), nul: '\u0000' });
  const { executionArn } = await start({ Type: 'Pass' }, { input });
  const described = await ended(executionArn);
  assert.equal(described.output, input);
  const { events } = await getExecutionHistory(call(), { executionArn });
  const entered = events[1]?.stateEnteredEventDetails as { input: string } | undefined;
  assert.equal(entered?.input, input);
  const { events: bare } = await getExecutionHistory(call(), { executionArn, includeExecutionData: false });
  assert.deepEqual(bare[1]?.stateEnteredEventDetails, { name: 'S' });
});

test('a history of large payloads comes in pages of few events, whole', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `P${index}`);
  const pass = (index: number) => ({ Type: 'Pass', ...(index < 99 ? { Next: names[index + 1] } : { End: true }) });
  const States = Object.fromEntries(names.map((name, index) => [name, pass(index)]));
  const definition = JSON.stringify({ StartAt: 'P0', States });
  const stateMachine = { arn: `${ARN}:stateMachine:m`, name: 'm', roleArn: 'role', definition };
  const input = JSON.stringify('x'.repeat(250_000));
  const { executionArn } = await inOne((one) => startExecution(one, { stateMachine, input }));
  await ended(executionArn);
  const ids: unknown[] = [];
  let nextToken: string | undefined;
  do {
    const asked = { executionArn, maxResults: 1000, ...(nextToken === undefined ? {} : { nextToken }) };
    const page = await getExecutionHistory(call(), asked);
    assert.ok(page.events.length > 0 && JSON.stringify(page.events).length < 5 * 2 ** 20);
    ids.push(...page.events.map(({ id }) => id));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(
    ids,
    Array.from({ length: 202 }, (_, index) => index + 1),
  );
});

test('a name is idempotent with the same input while it runs, and taken afterwards', async () => {
  const wait = { Type: 'Wait', Seconds: 600 };
  const first = await start(wait, { name: 'once', input: '{"a":1}' });
  const again = await start(wait, { name: 'once', input: '{"a":1}' });
  assert.deepEqual(again, first);
  await assert.rejects(start(wait, { name: 'once', input: '{"a":2}' }), { code: 'ExecutionAlreadyExists' });
  await inOne((one) => stopExecution(one, { executionArn: first.executionArn, error: 'Enough' }));
  const described = await ended(first.executionArn);
  assert.deepEqual([described.status, described.error, described.redriveStatus], ['ABORTED', 'Enough', 'REDRIVABLE']);
  await assert.rejects(start(wait, { name: 'once', input: '{"a":1}' }), { code: 'ExecutionAlreadyExists' });
});

test('bad input is refused', async () => {
  await assert.rejects(start({ Type: 'Pass' }, { input: '{' }), { code: 'InvalidExecutionInput' });
  await assert.rejects(start({ Type: 'Pass' }, { input: `"${'x'.repeat(300_000)}"` }), {
    code: 'InvalidExecutionInput',
  });
  await assert.rejects(start({ Type: 'Pass' }, { name: 'a/b' }), { code: 'InvalidName' });
  await assert.rejects(describeExecution(call(), { executionArn: 'x' }), { code: 'ExecutionDoesNotExist' });
  await assert.rejects(getExecutionHistory(call(), { executionArn: 'x' }), { code: 'ExecutionDoesNotExist' });
  for (const taskToken of ['x', "'; --", 'x'.repeat(10_000)]) {
    await assert.rejects(sendTaskHeartbeat(call(), { taskToken }), { code: 'InvalidToken' });
  }
  await assert.rejects(sendTaskSuccess(call(), { taskToken: 'x'.repeat(43), output: '1' }), { code: 'TaskTimedOut' });
});

test('a task is run, and one that nothing here runs fails clearly', async () => {
  const { executionArn } = await start({ Type: 'Task', Resource: 'kintsugi:echo' }, { input: '[1]' });
  assert.equal((await ended(executionArn)).output, '[1]');
  const none = await ended((await start({ Type: 'Task', Resource: 'kintsugi:none' })).executionArn);
  assert.equal(none.error, 'Kintsugi.UnknownResource');
  assert.match(String(none.cause), /kintsugi:none/);
});

test('a task waits for its token, and the token works once', async () => {
  const state = { Type: 'Task', Resource: 'kintsugi:approve.waitForTaskToken', TimeoutSeconds: 60 };
  const { executionArn } = await start(state);
  while (!(await types(executionArn)).includes('TaskSubmitted'))
    await new Promise((resolve) => setTimeout(resolve, 20));
  const taskToken = tokens.at(-1) ?? '';
  await inOne((one) => sendTaskHeartbeat(one, { taskToken }));
  await assert.rejects(sendTaskSuccess(call(), { taskToken, output: '{' }), { code: 'InvalidOutput' });
  await inOne((one) => sendTaskSuccess(one, { taskToken, output: '{"by":"anna"}' }));
  assert.equal((await ended(executionArn)).output, '{"by":"anna"}');
  await assert.rejects(
    inOne((one) => sendTaskFailure(one, { taskToken })),
    { code: 'TaskTimedOut' },
  );
});

test('a worker polls for the task of an activity', async () => {
  const activityArn = 'arn:aws:states:us-east-1:111111111111:activity:bake';
  await store.db
    .insert(activity)
    .values({ arn: activityArn, account: '111111111111', name: 'bake', createdAt: new Date() });
  const poll = { db: store.db, bell, account: '111111111111', now: () => new Date(), pollMs: 20_000 };
  const polled = getActivityTask(poll, { activityArn, workerName: 'w1' });
  const { executionArn } = await start({ Type: 'Task', Resource: activityArn }, { input: '{"x":1}' });
  const task = await polled;
  assert.equal(task?.input, '{"x":1}');
  assert.equal(await getActivityTask({ ...poll, pollMs: 10 }, { activityArn }), null);
  await inOne((one) => sendTaskFailure(one, { taskToken: task?.taskToken ?? '', error: 'Burnt', cause: 'hot' }));
  assert.equal((await ended(executionArn)).error, 'Burnt');
  assert.ok((await types(executionArn)).includes('ActivityStarted'));
  await assert.rejects(getActivityTask(poll, { activityArn: 'none' }), { code: 'ActivityDoesNotExist' });
});

test('a redrive goes on where it failed, with a key of its own', async () => {
  isBroken = true;
  const { executionArn } = await start({ Type: 'Task', Resource: 'kintsugi:break' }, { input: '7' });
  assert.equal((await ended(executionArn)).error, 'Broken');
  isBroken = false;
  keys.length = 0;
  const redriven = await inOne((one) => redriveExecution(one, { executionArn, clientToken: 'once' }));
  const described = await ended(executionArn);
  // A client whose answer was lost asks again with its token.
  assert.deepEqual(await inOne((one) => redriveExecution(one, { executionArn, clientToken: 'once' })), redriven);
  await assert.rejects(
    inOne((one) =>
      redriveExecution({ ...one, now: new Date(Date.now() + 15 * 60_000) }, { executionArn, clientToken: 'once' }),
    ),
    { code: 'ExecutionNotRedrivable' },
  );
  await assert.rejects(
    inOne((one) => redriveExecution(one, { executionArn, clientToken: 'another' })),
    { code: 'ExecutionNotRedrivable' },
  );
  assert.deepEqual([described.status, described.output, described.redriveCount], ['SUCCEEDED', '7', 1]);
  assert.equal(keys.length, 1);
  await assert.rejects(
    inOne((one) => redriveExecution(one, { executionArn })),
    { code: 'ExecutionNotRedrivable' },
  );
});

test('executions and histories come in pages, filtered, forwards and backwards', async () => {
  const { executionArn } = await start({ Type: 'Pass' });
  await ended(executionArn);
  const first = await getExecutionHistory(call(), { executionArn, maxResults: 3, reverseOrder: true });
  assert.deepEqual(
    first.events.map(({ id }) => id),
    [4, 3, 2],
  );
  const token = first.nextToken ?? '';
  const rest = await getExecutionHistory(call(), { executionArn, reverseOrder: true, nextToken: token });
  assert.deepEqual([rest.events.map(({ id }) => id), rest.nextToken], [[1], undefined]);
  await assert.rejects(getExecutionHistory(call(), { executionArn, nextToken: token }), { code: 'InvalidToken' });
  const of = `${ARN}:stateMachine:m`;
  const all: unknown[] = [];
  for (let nextToken: string | undefined = ''; nextToken !== undefined; ) {
    const page = await listExecutions(call(), { of, maxResults: 2, ...(nextToken ? { nextToken } : {}) });
    all.push(...page.executions.map((one) => one.executionArn));
    nextToken = page.nextToken;
  }
  assert.equal(new Set(all).size, all.length);
  assert.equal(all[0], executionArn);
  const { executions } = await listExecutions(call(), { of, statusFilter: 'ABORTED' });
  assert.deepEqual(
    executions.map(({ name }) => name),
    ['once'],
  );
});

test('what ended 90 days ago is forgotten with its history, and nothing else is', async () => {
  const { executionArn } = await start({ Type: 'Pass' });
  await ended(executionArn);
  const day = 86_400_000;
  assert.equal(await forgetOldExecutions(store.db, new Date(Date.now() + 89 * day)), 0);
  const { rows } = await store.db.execute<{ count: number }>(
    sql`SELECT count(*)::int AS count FROM execution WHERE stopped_at IS NOT NULL`,
  );
  assert.equal(await forgetOldExecutions(store.db, new Date(Date.now() + 91 * day)), rows[0]?.count);
  await assert.rejects(
    inOne((one) => describeExecution(one, { executionArn })),
    { code: 'ExecutionDoesNotExist' },
  );
  const left = await store.db.execute(sql`SELECT FROM execution_event WHERE execution = ${executionArn}`);
  assert.equal(left.rows.length, 0);
});
