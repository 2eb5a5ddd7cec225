import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CommandEngine } from '../src/control/run-command/ticker.ts';
import { httpWire } from './agent-wire.ts';
import { type FakeAgent, fakeAgent, type Received } from './fake-agent.ts';
import { startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let engine: CommandEngine;
const faults: unknown[] = [];
before(async () => {
  server = await startTestServer();
  const { bell, store } = server;
  const now = () => new Date();
  const onError = (error: unknown) => faults.push(error);
  engine = new CommandEngine({ db: store.db, bell, now, findOrchestration: () => null, onError });
});
after(async () => {
  await engine.stop();
  await server.dispose();
  assert.deepEqual(faults, []);
});

const ask = async (operation: string, input: object) => (await server.call('ssm', operation, input)).json;

async function node(): Promise<FakeAgent> {
  const activation = await ask('CreateActivation', { IamRole: 'r' });
  const agent = await fakeAgent(httpWire(server.gateway.url, 'eu-west-1'), activation);
  await agent.heartbeat();
  return agent;
}

async function send(agents: readonly FakeAgent[], commands: string[]): Promise<string> {
  const { Command } = await ask('SendCommand', {
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: agents.map(({ instanceId }) => instanceId),
    Parameters: { commands },
  });
  return Command.CommandId;
}

/** The invocation once it is over. */
async function end(CommandId: string, { instanceId }: FakeAgent) {
  for (;;) {
    const told = await ask('GetCommandInvocation', { CommandId, InstanceId: instanceId });
    if (!['Pending', 'InProgress', 'Delayed', 'Cancelling'].includes(told.Status)) return told;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const stepOf = (message: Received | undefined): string => message?.payload.DocumentContent.mainSteps[0].name;

test('a command goes over the wire to a node that waits for it, and its output comes back', async () => {
  const agent = await node();
  const waiting = agent.poll();
  const CommandId = await send([agent], ['echo "{{ x }}"', 'true']);
  const [message] = await waiting;
  assert.ok(message);
  assert.equal(message.messageId, `aws.ssm.${CommandId}.${agent.instanceId}`);
  assert.equal(message.payload.CommandId, CommandId);
  assert.deepEqual(message.payload.Parameters.commands, ['echo "{{ x }}"', 'true']);
  await agent.run(message, { [stepOf(message)]: { out: 'done\n', err: 'warned\n' } });
  const told = await end(CommandId, agent);
  assert.deepEqual(
    [told.Status, told.ResponseCode, told.StandardOutputContent, told.StandardErrorContent],
    ['Success', 0, 'done\n', 'warned\n'],
  );
});

test('replies that are doubled, late and out of order make one result', async () => {
  const agent = await node();
  const CommandId = await send([agent], ['true']);
  const [message] = await agent.poll();
  assert.ok(message);
  const [id, step] = [message.messageId, stepOf(message)];
  await agent.reply(id, 'SuccessAndReboot', {}, 3);
  await agent.reply(id, 'InProgress', { [step]: { out: 'second run' } }, 9);
  for (let twice = 0; twice < 2; twice += 1)
    await agent.reply(id, 'InProgress', { [step]: { status: 'SuccessAndReboot', code: 194, out: 'first run' } }, 2);
  await agent.reply(id, 'InProgress', {}, 0);
  await agent.acknowledge(id);
  await agent.reply(id, 'Success', {}, 10);
  await agent.reply(id, 'InProgress', {}, 1);
  await agent.reply(id, 'Failed', { [step]: { status: 'Failed', code: 1 } }, 99);
  const told = await end(CommandId, agent);
  assert.deepEqual([told.Status, told.StandardOutputContent], ['Success', 'second run']);
});

test('a node cannot see, answer or speak for another one', async () => {
  const [one, other] = [await node(), await node()];
  const CommandId = await send([one], ['true']);
  const [message] = await one.poll();
  assert.ok(message);
  await assert.rejects(other.run(message, { [stepOf(message)]: { out: 'forged' } }), /AccessDeniedException/);
  await assert.rejects(other.acknowledge(message.messageId), /AccessDeniedException/);
  const foreign = { Destination: one.instanceId, MessagesRequestId: 'r', VisibilityTimeoutInSeconds: 10 };
  await assert.rejects(other.ask('GetMessages', foreign), /AccessDeniedException/);
  const beat = { InstanceId: one.instanceId, AgentName: 'a', AgentVersion: '1.0.0', PlatformType: 'Linux' };
  await assert.rejects(other.ask('UpdateInstanceInformation', beat), /AccessDeniedException/);
  await assert.rejects(other.ask('SendCommand', { DocumentName: 'AWS-RunShellScript' }), /AccessDeniedException/);
  await one.run(message, { [stepOf(message)]: { out: 'true words' } });
  assert.equal((await end(CommandId, one)).StandardOutputContent, 'true words');
});

test('a cancelled command reaches the node as a request to stop, and ends with its answer', async () => {
  const agent = await node();
  const CommandId = await send([agent], ['sleep 600']);
  const [message] = await agent.poll();
  assert.ok(message);
  await agent.acknowledge(message.messageId);
  const waiting = agent.poll();
  await ask('CancelCommand', { CommandId });
  const [request] = await waiting;
  assert.deepEqual(request?.payload, { CancelMessageId: message.messageId });
  await agent.acknowledge(request?.messageId ?? '');
  await agent.reply(message.messageId, 'Cancelled', { [stepOf(message)]: { status: 'Cancelled', code: 137 } }, 5);
  assert.equal((await end(CommandId, agent)).Status, 'Cancelled');
});

test('a crash is told with its reason', async () => {
  const agent = await node();
  const CommandId = await send([agent], ['true']);
  const [message] = await agent.poll();
  assert.ok(message);
  const crash = { status: 'Failed', code: 1, plugin: '', output: 'document process failed unexpectedly' };
  await agent.reply(message.messageId, 'Failed', { [stepOf(message)]: crash }, 60);
  const told = await end(CommandId, agent);
  assert.deepEqual([told.Status, told.StandardErrorContent], ['Failed', 'document process failed unexpectedly']);
});

test('a node that is deregistered is locked out, and its command ends', async () => {
  const agent = await node();
  const CommandId = await send([agent], ['true']);
  await agent.poll();
  await ask('DeregisterManagedInstance', { InstanceId: agent.instanceId });
  await assert.rejects(agent.heartbeat(), /UnrecognizedClientException/);
  await assert.rejects(agent.ask('RequestManagedInstanceRoleToken', { Fingerprint: 'x' }, 'key'), /Unrecognized/);
  const { Command } = await ask('SendCommand', {
    DocumentName: 'AWS-RunShellScript',
    Targets: [{ Key: 'InstanceIds', Values: [agent.instanceId] }],
    Parameters: { commands: ['true'] },
  });
  assert.equal(Command.StatusDetails, 'NoInstancesInTag');
  assert.equal((await end(CommandId, agent)).StatusDetails, 'Undeliverable');
});
