import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeFleet, fakeFleet } from '../../../test/fake-fleet.ts';

let fleet: FakeFleet;
before(async () => {
  fleet = await fakeFleet();
});
after(() => fleet.dispose());

test('nodes are checked when a command is sent', async () => {
  const { ids } = await fleet.nodes(1);
  const refused = (input: object, code: string) => assert.rejects(fleet.send(input), { code });
  await refused({ InstanceIds: [...ids, 'mi-0123456789abcdef0'] }, 'InvalidInstanceId');
  await refused({ InstanceIds: [...ids, ...ids] }, 'DuplicateInstanceId');
  await refused({}, 'ValidationException');
  await refused({ InstanceIds: ids, Targets: [{ Key: 'tag:a', Values: ['b'] }] }, 'ValidationException');
  await refused({ Targets: [{ Key: 'resource-groups:Name', Values: ['b'] }] }, 'ValidationException');
  const none = await fleet.command(await fleet.send({ Targets: [{ Key: 'tag:nobody', Values: ['has'] }] }));
  assert.equal(none.StatusDetails, 'NoInstancesInTag');
});

test('what was asked of a command is told of it again', async () => {
  const { ids } = await fleet.nodes(1);
  const OutputS3BucketName = 'Out_Bucket';
  const NotificationConfig = { NotificationArn: 'arn:x', NotificationEvents: ['All'], NotificationType: 'Command' };
  const asked = { InstanceIds: ids, Comment: 'c', OutputS3BucketName, NotificationConfig, MaxErrors: '5%' };
  const sent = await fleet.command(await fleet.send({ ...asked, TimeoutSeconds: 60, Parameters: { p: ['1', '2'] } }));
  for (const [key, value] of Object.entries(asked)) assert.deepEqual(sent[key], value);
  assert.deepEqual(sent.Parameters, { p: ['1', '2'] });
  assert.equal(sent.MaxConcurrency, '50');
  assert.equal(sent.ExpiresAfter.getTime() - sent.RequestedDateTime.getTime(), 660_000);
});

test('commands and invocations are listed newest first, by pages and filters', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const sent: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    sent.unshift(await fleet.send({ InstanceIds: ids, DocumentName: `doc${index}` }));
    fleet.pass(60);
  }
  const [message] = (await agents[0]?.poll()) ?? [];
  assert.ok(message);
  await agents[0]?.run(message, { doc0: {} });
  await fleet.beat();
  const InstanceId = ids[0];
  const list = async (input: object) => {
    const { Commands, NextToken } = await fleet.ask('ListCommands', { InstanceId, ...input });
    return { found: Commands.map((one: { CommandId: string }) => one.CommandId), NextToken };
  };
  assert.deepEqual((await list({})).found, sent);
  const first = await list({ MaxResults: 2 });
  assert.deepEqual(first.found, sent.slice(0, 2));
  assert.deepEqual((await list({ MaxResults: 2, NextToken: first.NextToken })).found, sent.slice(2));
  const filtered = (key: string, value: string) => list({ Filters: [{ key, value }] });
  assert.deepEqual((await filtered('DocumentName', 'doc1')).found, [sent[1]]);
  assert.deepEqual((await filtered('Status', 'Success')).found, [sent[2]]);
  assert.deepEqual((await filtered('ExecutionStage', 'Executing')).found, sent.slice(0, 2));
  const later = new Date(fleet.now().getTime() - 90_000).toISOString();
  assert.deepEqual((await filtered('InvokedAfter', later)).found, [sent[0]]);
  assert.deepEqual((await filtered('InvokedBefore', later)).found, sent.slice(1));
  await assert.rejects(filtered('Colour', 'red'), { code: 'InvalidFilterKey' });
  await assert.rejects(filtered('InvokedAfter', 'never'), { code: 'ValidationException' });
  const invocations = await fleet.ask('ListCommandInvocations', { InstanceId, MaxResults: 2 });
  const next = { InstanceId, MaxResults: 2, NextToken: invocations.NextToken };
  const rest = await fleet.ask('ListCommandInvocations', next);
  const both: { CommandId: string }[] = [...invocations.CommandInvocations, ...rest.CommandInvocations];
  assert.deepEqual(
    both.map(({ CommandId }) => CommandId),
    sent,
  );
  assert.deepEqual((await fleet.ask('ListCommands', {}, { account: 'other' })).Commands, []);
});
