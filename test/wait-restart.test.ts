import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareHistory, executionEnd } from './bare-history.ts';
import { serverProcess } from './server-process.ts';

test('a Wait goes on over the restart of the only server, however that ended, and is over when it is due', async (t) => {
  const server = await serverProcess();
  t.after(server.dispose);
  const states = {
    Short: { Type: 'Wait', Seconds: 1, Next: 'Long' },
    Long: { Type: 'Wait', Seconds: 600, End: true },
  };
  const { stateMachineArn } = await server.states('CreateStateMachine', {
    name: 'waits',
    definition: JSON.stringify({ StartAt: 'Short', TimeoutSeconds: 3600, States: states }),
    roleArn: 'arn:aws:iam::000000000000:role/r',
  });
  const start = async (name: string): Promise<string> =>
    (await server.states('StartExecution', { stateMachineArn, name })).executionArn;
  const long = await start('one');
  const types = async (arn: string) =>
    ((await bareHistory(server.states, arn)) as { type: string }[]).map(({ type }) => type);
  await server.kill();
  await sleep(1500);
  await server.start();
  // Overdue when it comes back: on to the next Wait, which is not.
  const passed = ['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'WaitStateEntered'];
  while ((await types(long)).length < passed.length) await sleep(50);
  assert.deepEqual(await types(long), passed);
  assert.equal(await server.stop(), 0);
  await server.start();
  assert.deepEqual(await types(long), passed);
  assert.equal((await server.states('DescribeExecution', { executionArn: long })).status, 'RUNNING');
  await server.states('StopExecution', { executionArn: long });
  assert.equal((await executionEnd(server.states, long)).status, 'ABORTED');
  assert.equal(await server.stop(), 0);
});
