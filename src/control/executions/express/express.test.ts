import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../../../test/database.ts';
import { fakeCall, invoke } from '../../../../test/fake-call.ts';
import { startEngine } from '../../../../test/start-engine.ts';
import type { Bell } from '../../../store/bell.ts';
import { stateMachineOperations } from '../../state-machines/operations.ts';
import { executionOperations } from '../operations.ts';
import type { FindTaskRunner } from '../task-runner.ts';

const ACCOUNT = '111111111111';
const ARN = `arn:aws:states:us-east-1:${ACCOUNT}`;
let store: TestDatabase;
let bell: Bell;
let dispose: () => Promise<void>;
const begun: string[] = [];
const stopped: string[] = [];

const findTaskRunner: FindTaskRunner = (resource) => {
  if (!resource.startsWith('kintsugi:')) return null;
  return {
    run: async (input, { idempotencyKey, signal }) => {
      begun.push(idempotencyKey);
      if (resource === 'kintsugi:break') throw new Error('broken on purpose');
      if (resource === 'kintsugi:hold')
        await sleep(600_000, undefined, { signal }).catch((error: unknown) => {
          stopped.push(idempotencyKey);
          throw error;
        });
      return input;
    },
  };
};

before(async () => {
  ({ store, bell, dispose } = await startEngine({ findTaskRunner }));
});
after(() => dispose());

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
function call(operation: string, input: object, more: object = {}): Promise<any> {
  const operations = {
    ...stateMachineOperations({ abortExecutions: async () => {} }),
    ...executionOperations({ bell, random: Math.random, flush: async () => {}, findTaskRunner }),
  };
  return invoke(
    operations,
    operation,
    { ...fakeCall(store.db, { account: ACCOUNT }), now: new Date(), ...more },
    input,
  );
}

let count = 0;
async function create(states: object, more: object = {}): Promise<string> {
  count += 1;
  const definition = JSON.stringify({ StartAt: 'S', States: states, ...more });
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/flow`;
  const made = await call('CreateStateMachine', { name: `m${count}`, type: 'EXPRESS', roleArn, definition });
  return made.stateMachineArn;
}
const task = (kind: string, more: object = {}) => ({ Type: 'Task', Resource: `kintsugi:${kind}`, End: true, ...more });
const rows = async () => (await store.pool.query('SELECT arn, status FROM execution ORDER BY started_at')).rows;

test('an execution is answered when it ends, and leaves nothing behind', async () => {
  const stateMachineArn = await create({
    S: { Type: 'Map', ItemProcessor: { StartAt: 'T', States: { T: task('echo') } }, Next: 'W' },
    W: { Type: 'Wait', Seconds: 1, Next: 'P' },
    P: { Type: 'Pass', Parameters: { 'all.$': '$', 'id.$': '$$.Execution' }, End: true },
  });
  const told = await call('StartSyncExecution', {
    stateMachineArn,
    name: 'one',
    input: '[1,2]',
    traceHeader: 'Root=1',
  });
  const { status, name, traceHeader, inputDetails, billingDetails } = told;
  assert.deepEqual([status, name, traceHeader, inputDetails], ['SUCCEEDED', 'one', 'Root=1', { included: true }]);
  assert.match(told.executionArn, new RegExp(`^${ARN}:express:m\\d+:one:[0-9a-f-]{36}$`));
  const output = JSON.parse(told.output);
  assert.deepEqual(output.all, [1, 2]);
  assert.deepEqual(Object.keys(output.id).sort(), ['Id', 'Input', 'Name', 'RoleArn', 'StartTime']);
  assert.equal(output.id.Id, told.executionArn);
  assert.ok(
    billingDetails.billedDurationInMilliseconds >= 1000 && billingDetails.billedDurationInMilliseconds % 100 === 0,
  );
  assert.deepEqual(await rows(), []);
});

test('one that fails or takes too long is an answer too', async () => {
  const failed = await call('StartSyncExecution', { stateMachineArn: await create({ S: task('break') }) });
  assert.deepEqual([failed.status, failed.error, failed.cause], ['FAILED', 'States.TaskFailed', 'broken on purpose']);
  assert.deepEqual([failed.output, failed.outputDetails], [undefined, { included: true }]);
  const none = await call('StartSyncExecution', {
    stateMachineArn: await create({ S: { Type: 'Task', Resource: 'arn:aws:states:::none:x', End: true } }),
  });
  assert.equal(none.error, 'Kintsugi.UnknownResource');
  const loop = {
    S: { Type: 'Pass', Next: 'T' },
    T: { Type: 'Choice', Choices: [{ Variable: '$.none', IsPresent: true, Next: 'E' }], Default: 'S' },
    E: { Type: 'Succeed' },
  };
  for (const states of [{ S: task('hold') }, loop]) {
    const stateMachineArn = await create(states, { TimeoutSeconds: 1 });
    assert.equal((await call('StartSyncExecution', { stateMachineArn })).status, 'TIMED_OUT');
  }
  assert.equal(stopped.length, 1);
});

test('one whose caller hangs up ends, and no task of it is begun a second time', async () => {
  begun.length = 0;
  stopped.length = 0;
  const stateMachineArn = await create({ S: task('hold', { Retry: [{ ErrorEquals: ['States.ALL'] }] }) });
  const caller = new AbortController();
  const asked = call('StartSyncExecution', { stateMachineArn }, { signal: caller.signal });
  while (begun.length === 0) await sleep(10);
  caller.abort();
  await assert.rejects(asked, { code: 'ServiceUnavailable' });
  while (stopped.length === 0) await sleep(10);
  assert.equal(begun.length, 1);
});

test('one that is started by itself is durable, keeps no history and cannot be looked at', async () => {
  const stateMachineArn = await create({ S: task('echo') });
  const first = await call('StartExecution', { stateMachineArn, name: 'same' });
  const second = await call('StartExecution', { stateMachineArn, name: 'same' });
  assert.notEqual(first.executionArn, second.executionArn);
  for (;;) {
    const found = await rows();
    if (found.length === 2 && found.every(({ status }) => status === 'SUCCEEDED')) break;
    await sleep(20);
  }
  assert.deepEqual((await store.pool.query('SELECT FROM execution_event')).rows, []);
  const { executionArn } = first;
  for (const operation of ['DescribeExecution', 'GetExecutionHistory', 'StopExecution', 'RedriveExecution'])
    await assert.rejects(call(operation, { executionArn }), {
      code: 'InvalidArn',
      message: "Invalid Arn: 'Resource type not valid in this context: express'",
    });
  await assert.rejects(call('ListExecutions', { stateMachineArn }), {
    code: 'StateMachineTypeNotSupported',
    message: 'This operation is not supported by this type of state machine',
  });
});

test('a type is shown, kept, and asked for', async () => {
  const stateMachineArn = await create({ S: { Type: 'Succeed' } });
  const described = await call('DescribeStateMachine', { stateMachineArn });
  assert.equal(described.type, 'EXPRESS');
  const again = { name: described.name, roleArn: described.roleArn, definition: described.definition };
  await assert.rejects(call('CreateStateMachine', again), { code: 'StateMachineAlreadyExists' });
  const { stateMachineArn: standard } = await call('CreateStateMachine', { ...again, name: 'standard' });
  await assert.rejects(call('StartSyncExecution', { stateMachineArn: standard }), {
    code: 'StateMachineTypeNotSupported',
  });
  const { stateMachineVersionArn } = await call('PublishStateMachineVersion', { stateMachineArn });
  assert.equal((await call('StartSyncExecution', { stateMachineArn: stateMachineVersionArn })).status, 'SUCCEEDED');
  await assert.rejects(call('StartSyncExecution', { stateMachineArn, input: '{' }), { code: 'InvalidExecutionInput' });
  await assert.rejects(call('StartSyncExecution', { stateMachineArn: `${stateMachineArn}x` }), {
    code: 'StateMachineDoesNotExist',
  });
});

/** The first three in AWS's own words, which were recorded. */
test('what no EXPRESS state machine has is refused at its creation', async () => {
  const says = (what: string, at: string) =>
    `Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support ${what} at ${at}'`;
  const Parameters = { 'Token.$': '$$.Task.Token' };
  const resource = (Resource: string) => ({ S: { Type: 'Task', Resource, Parameters, End: true } });
  const inner = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
  const map = { Type: 'Map', End: true, ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...inner } };
  for (const [states, message] of [
    [resource(`${ARN}:activity:a`), says('Activity ARN', '/States/S/Resource')],
    [
      resource('arn:aws:states:::sqs:sendMessage.waitForTaskToken'),
      says("'.waitForTaskToken' service integration ", '/States/S/Resource'),
    ],
    [
      resource('arn:aws:states:::states:startExecution.sync:2'),
      says("'.sync' service integration", '/States/S/Resource'),
    ],
    [{ S: map }, says('Map state in DISTRIBUTED mode', '/States/S/ItemProcessor/ProcessorConfig/Mode')],
  ] as const)
    await assert.rejects(create(states), { code: 'InvalidDefinition', message });
  const { result } = await call('ValidateStateMachineDefinition', {
    type: 'EXPRESS',
    definition: JSON.stringify({ StartAt: 'S', States: { S: map } }),
  });
  assert.equal(result, 'FAIL');
});
