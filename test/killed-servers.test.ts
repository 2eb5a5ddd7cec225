import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpWire } from './agent-wire.ts';
import { bareHistory, executionEnd } from './bare-history.ts';
import { type FakeAgent, fakeAgent } from './fake-agent.ts';
import type { ServerProcess } from './server-process.ts';
import { type TwoServers, twoServers } from './two-servers.ts';

/** Far beyond what is promised (15 s), because of what else the machine does. */
const BOUND_MS = 60_000;
const ROLE = 'arn:aws:iam::000000000000:role/r';
let two: TwoServers;
before(async () => {
  two = await twoServers();
});
after(() => two.dispose());

/** Lasts until a worker says so: a server that starts takes its time on a busy machine. */
const inner = (activity: string) => ({
  StartAt: 'Hold',
  States: { Hold: { Type: 'Task', Resource: activity, End: true } },
});
/** Iterations wait for one, two and three seconds: their order is always the same. */
const story = (inner: string) => ({
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Result: [1, 2, 3], Next: 'Each' },
    Each: {
      Type: 'Map',
      ItemProcessor: {
        StartAt: 'Pause',
        States: { Pause: { Type: 'Wait', SecondsPath: '$', Next: 'Ready' }, Ready: { Type: 'Pass', End: true } },
      },
      Next: 'Nested',
    },
    Nested: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Parameters: { StateMachineArn: inner, 'Input.$': '$' },
      OutputPath: '$.Output',
      Next: 'Rest',
    },
    Rest: { Type: 'Wait', Seconds: 3, Next: 'Note' },
    Note: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:ssm:listTagsForResource',
      Parameters: { ResourceType: 'Parameter', ResourceId: '/noted' },
      End: true,
    },
  },
});

async function entered({ store }: TwoServers, arn: string, state: string): Promise<void> {
  const text = `SELECT FROM execution_event WHERE execution = $1 AND type LIKE '%StateEntered' AND details LIKE $2`;
  while ((await store.pool.query(text, [arn, `%"name":"${state}"%`])).rowCount === 0) await sleep(20);
}

/** The next moment at which somebody goes on with the execution, in milliseconds from now. */
async function takenOver({ store }: TwoServers, text: string, values: string[]): Promise<number> {
  const began = performance.now();
  while ((await store.pool.query(text, values)).rowCount === 0) {
    assert.ok(performance.now() - began < BOUND_MS, 'nobody goes on with it');
    await sleep(20);
  }
  return performance.now() - began;
}

test('an execution whose servers are killed in a Map, a task and a Wait goes on at the other, with the same history', async (t) => {
  const [first, second] = two.servers;
  await first.ask('PutParameter', { Name: '/noted', Value: 'v', Type: 'String' });
  const { activityArn } = await first.states('CreateActivity', { name: 'hold' });
  const letGo = async ({ states }: ServerProcess): Promise<void> => {
    const { taskToken } = await states('GetActivityTask', { activityArn });
    await states('SendTaskSuccess', { taskToken, output: '{}' });
  };
  const create = async (name: string, definition: object): Promise<string> => {
    const input = { name, definition: JSON.stringify(definition), roleArn: ROLE };
    return (await first.states('CreateStateMachine', input)).stateMachineArn;
  };
  const stateMachineArn = await create('story', story(await create('inner', inner(activityArn))));
  const start = async ({ states }: ServerProcess): Promise<string> =>
    (await states('StartExecution', { stateMachineArn })).executionArn;
  const undisturbed = await start(first);
  await letGo(second);
  assert.equal((await executionEnd(first.states, undisturbed)).status, 'SUCCEEDED');

  const arn = await start(first);
  await entered(two, arn, 'Pause');
  await first.kill();
  await entered(two, arn, 'Nested');
  const led = 'SELECT FROM execution_task WHERE execution = $1 AND leader IS NOT NULL';
  await takenOver(two, led, [arn]);
  await first.start();
  await second.kill();
  const again = await takenOver(two, 'SELECT FROM execution_task WHERE execution = $1 AND attempts > 1', [arn]);
  t.diagnostic(`a task of a dead server began elsewhere after ${(again / 1000).toFixed(1)} s`);
  await second.start();
  await letGo(first);
  await entered(two, arn, 'Rest');
  await first.kill();
  const killed = performance.now();
  const told = await executionEnd(second.states, arn);
  t.diagnostic(`the rest took ${((performance.now() - killed) / 1000).toFixed(1)} s, 3 of them a Wait`);
  await first.start();
  assert.equal(told.status, 'SUCCEEDED', JSON.stringify(told));
  assert.deepEqual(await bareHistory(second.states, arn), await bareHistory(second.states, undisturbed));
  const { executions } = await second.states('ListExecutions', {
    stateMachineArn: stateMachineArn.replace('story', 'inner'),
  });
  assert.equal(executions.length, 2, 'the task that began again found the execution that it had made');
});

test('a command whose server is killed between two nodes goes on at the other', async (t) => {
  const [first, second] = two.servers;
  const activation = await first.ask('CreateActivation', { IamRole: 'r', RegistrationLimit: 3 });
  const agents: FakeAgent[] = [];
  for (let index = 0; index < 3; index += 1) {
    const agent = await fakeAgent(httpWire(second.url, second.region), activation);
    await agent.heartbeat();
    agents.push(agent);
  }
  const InstanceIds = agents.map(({ instanceId }) => instanceId);
  const { Command } = await first.ask('SendCommand', {
    DocumentName: 'AWS-RunShellScript',
    InstanceIds,
    Parameters: { commands: ['true'] },
    MaxConcurrency: '1',
  });
  const { CommandId } = Command;
  const told: number[] = [];
  const runs = new Map<string, number>();
  const work = async (agent: FakeAgent) => {
    const began = performance.now();
    for (let messages = await agent.poll(); ; messages = await agent.poll()) {
      for (const message of messages) {
        told.push(performance.now());
        if (told.length === 1) await first.kill();
        runs.set(message.messageId, (runs.get(message.messageId) ?? 0) + 1);
        await agent.run(message, { [message.payload.DocumentContent.mainSteps[0].name]: { out: 'done\n' } });
      }
      if (messages.length > 0) return;
      assert.ok(performance.now() - began < BOUND_MS, 'nobody goes on with it');
    }
  };
  await Promise.all(agents.map(work));
  const [begun = 0, next = 0] = told;
  t.diagnostic(`the next node was told ${((next - begun) / 1000).toFixed(1)} s after the server was killed`);
  while ((await second.ask('ListCommands', { CommandId })).Commands[0].Status === 'InProgress') await sleep(100);
  for (const InstanceId of InstanceIds) {
    const end = await second.ask('GetCommandInvocation', { CommandId, InstanceId });
    assert.deepEqual([end.Status, end.StandardOutputContent], ['Success', 'done\n']);
  }
  const { Commands } = await second.ask('ListCommands', { CommandId });
  assert.deepEqual([Commands[0].Status, Commands[0].CompletedCount, Commands[0].ErrorCount], ['Success', 3, 0]);
  assert.deepEqual([...runs.values()], [1, 1, 1]);
  await first.start();
});
