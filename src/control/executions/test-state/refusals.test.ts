import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestStateInput } from '@aws-sdk/client-sfn';
import { mockFault } from '../../../clouds/aws/mock-fault.ts';
import type { Call } from '../../call.ts';
import { testStateOperation } from './test-state.ts';

const roleArn = 'arn:aws:iam::000000000000:role/flow';
const ran: string[] = [];
const operation = testStateOperation({
  findTaskRunner: (resource) => ({
    run: async () => {
      ran.push(resource);
      return {};
    },
  }),
  random: () => 0.5,
  checkMock: mockFault,
});
const call = { account: '000000000000', region: 'eu-west-1', now: new Date() } as Call;

function refused(code: string, state: object, more: Partial<TestStateInput> = {}): Promise<void> {
  const given = { definition: JSON.stringify(state), ...(more.mock === undefined ? { roleArn } : {}), ...more };
  return assert.rejects(operation(call, given), { code }, JSON.stringify([state, more]));
}

const task = (name: string) => ({ Type: 'Task', Resource: `kintsugi:${name}`, End: true });
const inner = { StartAt: 'I', States: { I: { Type: 'Task', Resource: 'kintsugi:x', End: true } } };

test('what cannot be tested, or not so, is refused by name and runs nothing', async () => {
  const pass = { Type: 'Pass', End: true };
  const x = task('x');
  const mock = { result: '{}' };
  const validation: [object, Partial<TestStateInput>][] = [
    [{ Type: 'Map', ItemProcessor: inner, End: true }, {}],
    [{ Type: 'Parallel', Branches: [inner], End: true }, {}],
    [{ ...x, Resource: 'arn:aws:states:eu-west-1:000000000000:activity:a' }, {}],
    [{ ...x, Resource: 'arn:aws:states:::states:startExecution.sync' }, {}],
    [{ ...x, Resource: 'kintsugi:approve.waitForTaskToken' }, {}],
    [{ ...x, Resource: 'arn:aws:states:::kintsugi:bake.base' }, {}],
    [pass, { mock }],
    [pass, { inspectionLevel: 'TRACE' }],
    [x, { inspectionLevel: 'TRACE' }],
    [x, { mock: {} }],
    [x, { mock: { ...mock, errorOutput: { error: 'E' } } }],
    [x, { mock: { errorOutput: {} } }],
    [x, { mock: { result: '{' } }],
    [x, { mock, revealSecrets: true }],
    [x, { context: '{}' }],
    [x, { mock, context: '[]' }],
    [x, { variables: '3' }],
    [x, { stateConfiguration: { retrierRetryCount: 1 } }],
    [x, { mock, stateConfiguration: { mapIterationFailureCount: 1 } }],
    [x, { mock, stateConfiguration: { errorCausedByState: 'I' } }],
    [x, { mock, stateConfiguration: { mapItemReaderData: '[]' } }],
  ];
  for (const [state, more] of validation) await refused('ValidationException', state, more);
  await assert.rejects(operation(call, { definition: JSON.stringify(pass) }), { code: 'ValidationException' });
  await refused('InvalidArn', pass, { roleArn: 'nobody' });
  await refused('InvalidExecutionInput', pass, { input: '{' });
  await refused('InvalidExecutionInput', pass, { input: `"${'ü'.repeat(200_000)}"` });
  await refused('InvalidDefinition', { Type: 'Pass', End: true, Foo: 1 });
  await refused('InvalidDefinition', { Type: 'Jump' });
  await assert.rejects(operation(call, { definition: '[', roleArn }), { code: 'InvalidDefinition' });
  await assert.rejects(operation(call, { definition: '{"Type":"Pass","End":true}}', roleArn }), {
    code: 'InvalidDefinition',
  });
  assert.equal(ran.length, 0);
});
