import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestStateInput, TestStateOutput } from '@aws-sdk/client-sfn';
import { mockFault } from '../../../clouds/aws/mock-fault.ts';
import type { Call } from '../../call.ts';
import { TaskError, type TaskRunner } from '../task-runner.ts';
import { testStateOperation } from './test-state.ts';

const roleArn = 'arn:aws:iam::000000000000:role/flow';
const ran: { resource: string; input: unknown }[] = [];

const runner: TaskRunner['run'] = async (input, { resource, signal, heartbeat, inspect }) => {
  ran.push({ resource, input });
  if (resource.endsWith(':hang')) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new Error('stopped');
  }
  if (resource.endsWith(':beats')) {
    for (let beats = 0; beats < 15; beats += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await heartbeat();
    }
    return { beaten: true };
  }
  if (resource.endsWith(':fail')) throw new TaskError('Custom.Error', 'on purpose');
  inspect?.tell({ request: { method: 'GET' }, response: { statusCode: '200' } });
  return { got: input };
};

const operation = testStateOperation({
  findTaskRunner: (resource) => (resource.endsWith(':nobody') ? null : { run: runner }),
  random: () => 0.5,
  checkMock: mockFault,
  mostMs: 3000,
});

async function run(state: object, more: Partial<TestStateInput> = {}): Promise<TestStateOutput> {
  const call = { account: '000000000000', region: 'eu-west-1', now: new Date() } as Call;
  const given = { definition: JSON.stringify(state), ...(more.mock === undefined ? { roleArn } : {}), ...more };
  return (await operation(call, given)) as TestStateOutput;
}

const refused = (code: string, state: object, more: Partial<TestStateInput> = {}) =>
  assert.rejects(run(state, more), { code }, JSON.stringify([state, more]));

const task = (name: string, more: object = {}) => ({ Type: 'Task', Resource: `kintsugi:${name}`, End: true, ...more });
const parsed = (data: object = {}) =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === 'string' ? JSON.parse(value) : value]),
  );

test("the examples of AWS's documentation have AWS's answers", async () => {
  const choice = {
    Type: 'Choice',
    Choices: [
      { Variable: '$.number', NumericEquals: 1, Next: 'Equals 1' },
      { Variable: '$.number', NumericEquals: 2, Next: 'Equals 2' },
    ],
    Default: 'No Match',
  };
  assert.deepEqual(await run(choice, { input: '{"number": 2}' }), {
    output: '{"number": 2}',
    nextState: 'Equals 2',
    status: 'SUCCEEDED',
  });
  const pass = {
    Type: 'Pass',
    InputPath: '$.payload',
    Parameters: { data: 1 },
    ResultPath: '$.result',
    OutputPath: '$.result.data',
    Next: 'Another State',
  };
  assert.deepEqual(await run(pass, { input: '{"payload": {"foo": "bar"}}', inspectionLevel: 'DEBUG' }), {
    output: '1',
    inspectionData: {
      input: '{"payload": {"foo": "bar"}}',
      afterInputPath: '{"foo":"bar"}',
      afterParameters: '{"data":1}',
      afterResultSelector: '{"data":1}',
      afterResultPath: '{"payload":{"foo":"bar"},"result":{"data":1}}',
    },
    nextState: 'Another State',
    status: 'SUCCEEDED',
  });
  const retried = {
    ...task('x', {
      Retry: [{ ErrorEquals: ['Lambda.ServiceException'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }],
    }),
  };
  const error = { errorOutput: { error: 'Lambda.ServiceException', cause: 'Service error' } };
  const once = { mock: error, stateConfiguration: { retrierRetryCount: 1 }, inspectionLevel: 'DEBUG' as const };
  const told = await run(retried, once);
  assert.deepEqual(
    [told.status, told.error, told.inspectionData?.errorDetails],
    ['RETRIABLE', 'Lambda.ServiceException', { retryBackoffIntervalSeconds: 4, retryIndex: 0 }],
  );
  const spent = await run(retried, { ...once, stateConfiguration: { retrierRetryCount: 3 } });
  assert.deepEqual([spent.status, spent.cause], ['FAILED', 'Service error']);
  const caught = task('x', {
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'HandleThrottling' }],
  });
  const throttled = { errorOutput: { error: 'Lambda.TooManyRequestsException', cause: 'Rate exceeded' } };
  assert.deepEqual(await run(caught, { input: '{"data":"value"}', mock: throttled, inspectionLevel: 'DEBUG' }), {
    status: 'CAUGHT_ERROR',
    nextState: 'HandleThrottling',
    error: 'Lambda.TooManyRequestsException',
    cause: 'Rate exceeded',
    output: '{"data":"value","error":{"Error":"Lambda.TooManyRequestsException","Cause":"Rate exceeded"}}',
    inspectionData: {
      input: '{"data":"value"}',
      afterInputPath: '{"data":"value"}',
      afterParameters: '{"data":"value"}',
      errorDetails: { catchIndex: 0 },
    },
  });
});

test('a task runs, and every step between is shown', async () => {
  const state = task('x', { Parameters: { 'a.$': '$.b' }, ResultSelector: { 'c.$': '$.got.a' }, ResultPath: '$.d' });
  const told = await run(state, { input: '{"b":1}', inspectionLevel: 'DEBUG' });
  assert.equal(told.output, '{"b":1,"d":{"c":1}}');
  assert.deepEqual(parsed(told.inspectionData), {
    input: { b: 1 },
    afterInputPath: { b: 1 },
    afterParameters: { a: 1 },
    result: { got: { a: 1 } },
    afterResultSelector: { c: 1 },
    afterResultPath: { b: 1, d: { c: 1 } },
  });
  const jsonata = {
    ...task('x', { QueryLanguage: 'JSONata', Arguments: { a: '{% $x + 1 %}' }, Output: '{% $states.result.got.a %}' }),
    Assign: { y: '{% $states.result.got.a %}' },
  };
  const assigned = await run(jsonata, { variables: '{"x":1}', inspectionLevel: 'DEBUG' });
  assert.equal(assigned.output, '2');
  assert.deepEqual(parsed(assigned.inspectionData), {
    input: {},
    afterArguments: { a: 2 },
    result: { got: { a: 2 } },
    variables: { x: 1, y: 2 },
  });
});

test('a failure shows how far the state came', async () => {
  const failed = await run(task('fail'), { inspectionLevel: 'DEBUG' });
  assert.deepEqual(
    [failed.status, failed.error, failed.cause, failed.output],
    ['FAILED', 'Custom.Error', 'on purpose', undefined],
  );
  assert.deepEqual(Object.keys(failed.inspectionData ?? {}), ['input', 'afterInputPath', 'afterParameters']);
  const path = await run(task('x', { Parameters: { 'a.$': '$.none' } }));
  assert.deepEqual([path.status, path.error], ['FAILED', 'States.Runtime']);
  const unknown = await run(task('nobody'));
  assert.equal(unknown.error, 'Kintsugi.UnknownResource');
  const own = await run({ Type: 'Fail', Error: 'Broken', Cause: 'why' });
  assert.deepEqual(own, { status: 'FAILED', error: 'Broken', cause: 'why' });
});

test('time limits hold: of the state, of its heart, and of the test', async () => {
  assert.equal((await run(task('hang', { TimeoutSeconds: 1 }))).error, 'States.Timeout');
  assert.equal((await run(task('hang', { HeartbeatSeconds: 1 }))).error, 'States.HeartbeatTimeout');
  assert.equal((await run(task('beats', { HeartbeatSeconds: 1 }))).status, 'SUCCEEDED');
  const late = await run(task('hang', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'X' }] }));
  assert.deepEqual([late.status, late.error], ['FAILED', 'States.Timeout']);
  assert.deepEqual(await run({ Type: 'Wait', Seconds: 1, Next: 'A' }), {
    status: 'SUCCEEDED',
    output: '{}',
    nextState: 'A',
  });
  assert.equal((await run({ Type: 'Wait', Seconds: 86_400, Next: 'A' })).error, 'States.Timeout');
});

test('a state of a whole definition is tried where it stands', async () => {
  const map = {
    Type: 'Map',
    ItemProcessor: {
      StartAt: 'One',
      States: {
        One: { Type: 'Pass', Output: "{% $states.context.Map.Item.Value & '!' %}", Next: 'Two' },
        Two: { Type: 'Succeed' },
      },
    },
    End: true,
  };
  const machine = { QueryLanguage: 'JSONata', StartAt: 'Each', States: { Each: map } };
  const told = await run(machine, { stateName: 'One', input: '"a"' });
  assert.deepEqual(told, { status: 'SUCCEEDED', output: '"a!"', nextState: 'Two' });
  await refused('ValidationException', machine, { stateName: 'Three' });
  await refused('InvalidDefinition', machine, {});
});

const inner = { StartAt: 'I', States: { I: { Type: 'Task', Resource: 'kintsugi:x', End: true } } };

test('a Map and a Parallel are tried around what their mock says', async () => {
  const map = {
    Type: 'Map',
    ItemsPath: '$.items',
    ItemSelector: { 'value.$': '$$.Map.Item.Value', 'index.$': '$$.Map.Item.Index' },
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...inner },
    ToleratedFailureCount: 1,
    MaxConcurrency: 1,
    ResultPath: '$.out',
    End: true,
  };
  const given = { input: '{"items":[7,8]}', mock: { result: '[1,2]' }, inspectionLevel: 'DEBUG' as const };
  const told = await run(map, given);
  assert.equal(told.output, '{"items":[7,8],"out":[1,2]}');
  assert.deepEqual(parsed(told.inspectionData), {
    input: { items: [7, 8] },
    afterInputPath: { items: [7, 8] },
    afterItemsPath: [7, 8],
    afterItemSelector: [
      { value: 7, index: 0 },
      { value: 8, index: 1 },
    ],
    result: [1, 2],
    afterResultSelector: [1, 2],
    afterResultPath: { items: [7, 8], out: [1, 2] },
    maxConcurrency: 1,
    toleratedFailureCount: 1,
  });
  const count = (mapIterationFailureCount: number) => ({ ...given, stateConfiguration: { mapIterationFailureCount } });
  assert.equal((await run(map, count(1))).status, 'SUCCEEDED');
  assert.equal((await run(map, count(2))).error, 'States.ExceedToleratedFailureThreshold');
  await refused('ValidationException', map, count(3));
  const parallel = { Type: 'Parallel', Branches: [inner], Catch: [{ ErrorEquals: ['Custom'], Next: 'C' }], End: true };
  assert.equal((await run(parallel, { mock: { result: '[{"a":1}]' } })).output, '[{"a":1}]');
  const error = { mock: { errorOutput: { error: 'Custom' } }, stateConfiguration: { errorCausedByState: 'I' } };
  const caught = await run(parallel, error);
  assert.deepEqual([caught.status, caught.nextState], ['CAUGHT_ERROR', 'C']);
  await refused('ValidationException', parallel, { ...error, stateConfiguration: { errorCausedByState: 'Z' } });
  assert.ok(ran.every(({ resource }) => resource !== 'kintsugi:inner'));
});

test('with a mock nothing runs, the context may be given, and the result is held against its model', async () => {
  ran.length = 0;
  const token = {
    Type: 'Task',
    Resource: 'kintsugi:approve.waitForTaskToken',
    Parameters: { 'token.$': '$$.Task.Token', 'id.$': '$$.Execution.Id' },
    End: true,
  };
  const context = JSON.stringify({ Execution: { Id: 'arn' }, Task: { Token: 'T' } });
  const told = await run(token, { mock: { result: '{"ok":true}' }, context, inspectionLevel: 'DEBUG' });
  assert.equal(told.output, '{"ok":true}');
  assert.equal(told.inspectionData?.afterParameters, '{"token":"T","id":"arn"}');
  const sync = { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync:2', End: true };
  const described = { ExecutionArn: 'a', StateMachineArn: 'b', StartDate: '2026-01-01T00:00:00Z', Status: 'SUCCEEDED' };
  const mocked = (result: object, fieldValidationMode?: 'STRICT' | 'PRESENT' | 'NONE') => ({
    mock: { result: JSON.stringify(result), ...(fieldValidationMode === undefined ? {} : { fieldValidationMode }) },
  });
  assert.equal((await run(sync, mocked({ ...described, Output: { a: 1 } }))).status, 'SUCCEEDED');
  await refused('ValidationException', sync, mocked({ Status: 'SUCCEEDED' }));
  assert.equal((await run(sync, mocked({ Status: 'SUCCEEDED' }, 'PRESENT'))).status, 'SUCCEEDED');
  await refused('ValidationException', sync, mocked({ Status: 3 }, 'PRESENT'));
  assert.equal((await run(sync, mocked({ Status: 3 }, 'NONE'))).status, 'SUCCEEDED');
  const parameter = { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:ssm:getParameter', End: true };
  assert.equal((await run(parameter, mocked({ Parameter: { Name: 'a', Version: 1 } }))).status, 'SUCCEEDED');
  await refused('ValidationException', parameter, mocked({ Parameter: { Version: '1' } }));
  assert.equal(ran.length, 0);
});

test('the level TRACE shows what an HTTP task sent and got', async () => {
  const state = {
    Type: 'Task',
    Resource: 'arn:aws:states:::http:invoke',
    Parameters: { ApiEndpoint: 'https://a.example/', Method: 'GET' },
    End: true,
  };
  const told = await run(state, { inspectionLevel: 'TRACE' });
  assert.deepEqual(
    [told.inspectionData?.request, told.inspectionData?.response],
    [{ method: 'GET' }, { statusCode: '200' }],
  );
  assert.equal((await run(state, { inspectionLevel: 'DEBUG' })).inspectionData?.request, undefined);
});
