import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FakeAgent } from '../../../test/fake-agent.ts';
import { type FakeFleet, fakeFleet } from '../../../test/fake-fleet.ts';

let fleet: FakeFleet;
before(async () => {
  fleet = await fakeFleet();
});
after(() => fleet.dispose());

const stateOf = async (CommandId: string) => {
  const { Status, StatusDetails } = await fleet.command(CommandId);
  return `${Status} ${StatusDetails}`;
};
/** Asks all agents for their messages. */
const polls = (agents: readonly FakeAgent[]) => Promise.all(agents.map((agent) => agent.poll()));
async function runNext(agent: FakeAgent | undefined, steps: Parameters<FakeAgent['run']>[1] = { only: {} }) {
  const [message] = (await agent?.poll()) ?? [];
  assert.ok(message, 'the node has a message');
  await agent?.run(message, steps);
}

test('a command runs on a node, step by step, and tells what it said', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const given = { InstanceIds: ids, Comment: 'why', Parameters: { a: ['b'] } };
  const CommandId = await fleet.send({ DocumentName: 'one.two', ...given });
  assert.equal(await stateOf(CommandId), 'InProgress InProgress');
  assert.deepEqual(await fleet.details(CommandId), ['Pending']);
  const [received] = (await agents[0]?.poll()) ?? [];
  assert.ok(received);
  assert.equal(received.messageId, `aws.ssm.${CommandId}.${ids[0]}`);
  assert.equal(received.payload.CommandId, CommandId);
  await agents[0]?.acknowledge(received.messageId);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['InProgress']);
  await agents[0]?.run(received, { one: { out: 'x'.repeat(24_500), err: 'y'.repeat(9000) }, two: { out: 'two' } });
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Success Success');
  const invocation = { CommandId, InstanceId: ids[0] };
  const one = await fleet.ask('GetCommandInvocation', { ...invocation, PluginName: 'one' });
  assert.equal(one.StandardOutputContent.length, 24_000);
  assert.equal(one.StandardErrorContent.length, 8000);
  assert.equal(one.ResponseCode, 0);
  assert.equal(one.ExecutionElapsedTime, 'PT1S');
  assert.equal(one.Comment, 'why');
  const unknownStep = fleet.ask('GetCommandInvocation', { ...invocation, PluginName: 'three' });
  await assert.rejects(unknownStep, { code: 'InvalidPluginName' });
  const stranger = { ...invocation, InstanceId: 'mi-0123456789abcdef0' };
  await assert.rejects(fleet.ask('GetCommandInvocation', stranger), { code: 'InvocationDoesNotExist' });
  const { CommandInvocations } = await fleet.ask('ListCommandInvocations', { CommandId, Details: true });
  const plugins: { Name: string; Status: string; Output: string }[] = CommandInvocations[0].CommandPlugins;
  assert.deepEqual(
    plugins.map(({ Name, Status }) => `${Name} ${Status}`),
    ['one Success', 'two Success'],
  );
  assert.equal(plugins[0]?.Output.length, 2500);
});

test('with targets the first node goes alone, then two, then four, up to the concurrency', async () => {
  const { agents, Targets } = await fleet.nodes(12);
  const CommandId = await fleet.send({ Targets, MaxConcurrency: '4', MaxErrors: '100%' });
  const served: number[] = [];
  for (let round = 0; round < 8 && (await fleet.command(CommandId)).CompletedCount < 12; round += 1) {
    const received = await polls(agents);
    served.push(received.flat().length);
    for (const [index, [message]] of received.entries()) if (message) await agents[index]?.run(message, { only: {} });
    await fleet.beat();
  }
  assert.deepEqual(served, [1, 2, 4, 4, 1]);
  assert.equal(await stateOf(CommandId), 'Success Success');
});

test('one failure more than allowed stops the rest, and those at work end', async () => {
  const { agents, ids } = await fleet.nodes(10);
  const CommandId = await fleet.send({ InstanceIds: ids, MaxConcurrency: '3', MaxErrors: '10%' });
  const failed = { only: { status: 'Failed', code: 1 } };
  const first = await polls(agents);
  assert.deepEqual(
    first.map(({ length }) => length),
    [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
  );
  const [one, two, three] = first.map(([message]) => message);
  assert.ok(one && two && three);
  await agents[0]?.run(one, failed);
  await fleet.beat();
  assert.equal((await fleet.details(CommandId))[4], 'Pending', 'one failure of ten is allowed');
  await agents[1]?.run(two, failed);
  await fleet.beat();
  const details = await fleet.details(CommandId);
  assert.deepEqual(details.slice(0, 4), ['Failed', 'Failed', 'Pending', 'Pending']);
  assert.deepEqual(details.slice(4), Array(6).fill('Terminated'));
  assert.equal(await stateOf(CommandId), 'InProgress InProgress');
  await agents[2]?.run(three, { only: {} });
  await runNext(agents[3]);
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Failed Failed');
  const { CompletedCount, ErrorCount, TargetCount } = await fleet.command(CommandId);
  assert.deepEqual([CompletedCount, ErrorCount, TargetCount], [10, 2, 10]);
});

test('a node that vanished holds nothing up: others go first, and its time runs out without being an error', async () => {
  const { agents, ids } = await fleet.nodes(3);
  const CommandId = await fleet.send({ InstanceIds: ids, MaxConcurrency: '1', TimeoutSeconds: 600 });
  fleet.pass(61);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['Delayed', 'Pending', 'Pending']);
  for (const agent of agents.slice(1)) {
    await runNext(agent);
    await fleet.beat();
  }
  fleet.pass(700);
  for (const agent of agents.slice(1)) await agent.heartbeat();
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['DeliveryTimedOut', 'Success', 'Success']);
  assert.equal(await stateOf(CommandId), 'Failed Incomplete');
  assert.equal((await fleet.command(CommandId)).DeliveryTimedOutCount, 1);
  assert.deepEqual(await agents[0]?.poll(), [], 'what is over is not delivered any more');
});

test('a node that was away gets the command when it is back', async () => {
  const { agents, ids } = await fleet.nodes(1);
  fleet.pass(3600);
  const CommandId = await fleet.send({ InstanceIds: ids });
  assert.deepEqual(await agents[0]?.poll(), []);
  assert.equal(await stateOf(CommandId), 'Pending Pending');
  await agents[0]?.heartbeat();
  fleet.pass(5);
  await fleet.beat();
  await runNext(agents[0]);
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Success Success');
});

test('a node that dies at work ends the command by its own time-out', async () => {
  const { agents, ids } = await fleet.nodes(2);
  const CommandId = await fleet.send({ InstanceIds: ids, MaxConcurrency: '1', MaxErrors: '0' });
  const [message] = (await agents[0]?.poll()) ?? [];
  await agents[0]?.acknowledge(message?.messageId ?? '');
  fleet.pass(659);
  await agents[1]?.heartbeat();
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['InProgress', 'Pending']);
  fleet.pass(2);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['ExecutionTimedOut', 'Terminated']);
  assert.equal(await stateOf(CommandId), 'TimedOut ExecutionTimedOut');
  await agents[0]?.reply(message?.messageId ?? '', 'Success', { only: {} });
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['ExecutionTimedOut', 'Terminated'], 'it comes too late');
});

test('a node that is deregistered is undeliverable at once, waiting or at work', async () => {
  const { agents, ids } = await fleet.nodes(3);
  const CommandId = await fleet.send({ InstanceIds: ids, MaxConcurrency: '1' });
  await agents[0]?.poll();
  for (const InstanceId of ids.slice(0, 2)) await fleet.ask('DeregisterManagedInstance', { InstanceId });
  fleet.pass(60);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['Undeliverable', 'Undeliverable', 'Pending']);
  await runNext(agents[2]);
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Failed Incomplete');
});

test('cancelling ends what waits at once, asks what runs to stop, and waits five minutes for its answer', async () => {
  const { agents, ids } = await fleet.nodes(4);
  const CommandId = await fleet.send({ InstanceIds: ids, MaxConcurrency: '3' });
  const [first, second] = (await polls(agents.slice(0, 2))).map(([message]) => message?.messageId ?? '');
  await agents[0]?.acknowledge(first ?? '');
  await agents[1]?.acknowledge(second ?? '');
  await fleet.beat();
  await fleet.ask('CancelCommand', { CommandId });
  assert.deepEqual(await fleet.details(CommandId), ['Cancelling', 'Cancelling', 'Cancelled', 'Cancelled']);
  assert.equal(await stateOf(CommandId), 'Cancelling Cancelling');
  assert.deepEqual(await agents[2]?.poll(), [], 'what was not fetched is gone');
  const [request] = (await agents[0]?.poll()) ?? [];
  assert.match(request?.topic ?? '', /cancelCommand/);
  assert.deepEqual(request?.payload, { CancelMessageId: first });
  await agents[0]?.reply(first ?? '', 'Cancelled', { only: { status: 'Cancelled', code: 137 } });
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['Cancelled', 'Cancelling', 'Cancelled', 'Cancelled']);
  fleet.pass(301);
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Cancelled Cancelled');
  await fleet.ask('CancelCommand', { CommandId });
  const unknown = { CommandId: '00000000-0000-4000-8000-000000000000' };
  await assert.rejects(fleet.ask('CancelCommand', unknown), { code: 'InvalidCommandId' });
});

test('a command is cancelled on one node alone, and goes on with the others', async () => {
  const { agents, ids } = await fleet.nodes(2);
  const CommandId = await fleet.send({ InstanceIds: ids });
  await fleet.ask('CancelCommand', { CommandId, InstanceIds: [ids[0]] });
  await runNext(agents[1]);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['Cancelled', 'Success']);
  const stranger = { CommandId, InstanceIds: ['mi-0123456789abcdef0'] };
  await assert.rejects(fleet.ask('CancelCommand', stranger), { code: 'InvalidInstanceId' });
});

test('a run with a reboot in the middle goes on after it', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ InstanceIds: ids, DocumentName: 'one.two' });
  const [message] = (await agents[0]?.poll()) ?? [];
  const say = (status: string, steps: Parameters<FakeAgent['reply']>[2], at: number) =>
    agents[0]?.reply(message?.messageId ?? '', status, steps, at);
  await say('InProgress', { one: { status: 'SuccessAndReboot', code: 194, out: 'run 1\n' } }, 1);
  await say('SuccessAndReboot', {}, 2);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['InProgress']);
  await say('InProgress', { one: { out: 'run 1\nrun 2\n' } }, 90);
  await say('InProgress', { two: {} }, 91);
  await say('Success', {}, 92);
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Success Success');
  const one = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0], PluginName: 'one' });
  assert.equal(one.StandardOutputContent, 'run 1\nrun 2\n');
});

test('a crashed agent fails the command, and steps that never ran are no success', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ InstanceIds: ids, DocumentName: 'one.two' });
  const [message] = (await agents[0]?.poll()) ?? [];
  await agents[0]?.reply(message?.messageId ?? '', 'InProgress', { one: { out: 'done' } }, 1);
  const crash = { one: { status: 'Failed', code: 1, plugin: '', output: 'failed unexpectedly' } };
  await agents[0]?.reply(message?.messageId ?? '', 'Failed', crash, 60);
  await fleet.beat();
  assert.equal(await stateOf(CommandId), 'Failed Failed');
  const { CommandInvocations } = await fleet.ask('ListCommandInvocations', { CommandId, Details: true });
  assert.equal(CommandInvocations[0].TraceOutput, 'failed unexpectedly');
  const statuses = CommandInvocations[0].CommandPlugins.map((plugin: { Status: string }) => plugin.Status);
  assert.deepEqual(statuses, ['Success', 'Failed']);
});

test('a last word whose results never come ends the command all the same', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ InstanceIds: ids });
  const [message] = (await agents[0]?.poll()) ?? [];
  const counted = { additionalInfo: { runtimeStatusCounts: { Success: 1 } }, documentStatus: 'Success' };
  const said = { MessageId: message?.messageId, ReplyId: 'r', Payload: JSON.stringify(counted) };
  await agents[0]?.ask('SendReply', said);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['InProgress']);
  fleet.pass(361);
  await fleet.beat();
  assert.deepEqual(await fleet.details(CommandId), ['Success']);
});

test('servers that beat at the same time send nothing twice and lose nothing', async () => {
  const { agents, ids } = await fleet.nodes(6);
  const { Command } = await fleet.ask('SendCommand', { DocumentName: 'only', InstanceIds: ids, MaxConcurrency: '2' });
  for (let round = 0; round < 12; round += 1) {
    await Promise.all(Array.from({ length: 4 }, fleet.beat));
    const received = await polls(agents);
    assert.ok(received.flat().length <= 2);
    for (const [index, [message]] of received.entries()) if (message) await agents[index]?.run(message, { only: {} });
  }
  await fleet.beat();
  assert.equal(await stateOf(Command.CommandId), 'Success Success');
  const { rows } = await fleet.pool.query('SELECT deliveries FROM message WHERE command_id = $1', [Command.CommandId]);
  assert.deepEqual(
    rows.map(({ deliveries }) => deliveries),
    [1, 1, 1, 1, 1, 1],
  );
});
