import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fakeCall } from '../../../../test/fake-call.ts';
import { type ImageWorld, imageWorld, newAmi, newDigest } from '../../../../test/image-world.ts';
import { advanceExecution } from '../../executions/advance.ts';
import { describeExecution } from '../../executions/describe.ts';
import { stopExecution } from '../../executions/stop.ts';

let world: ImageWorld;
before(async () => {
  world = await imageWorld();
});
after(() => world.dispose());

async function gold(family: string, digest = newAmi()): Promise<string> {
  await world.ask('RegisterImage', { Family: family, Digest: digest, Parent: null });
  await world.ask('PromoteImage', { Family: family, Digest: digest, Channel: 'gold', AcceptUntested: 'a test' });
  return digest;
}
const start = (Family: string, Group: string, more: object = {}) =>
  world.ask('StartImageRollout', { Family, Group, ...more });
const call = () => fakeCall(world.store.db, { now: new Date() });
const stop = (executionArn: string) =>
  world.store.db.transaction((db) => stopExecution({ ...call(), db }, { executionArn }));

test('a rollout is an execution of the shipped definition with the gold image pinned', async () => {
  const ami = await gold('web');
  const Preferences = { MinHealthyPercentage: 50, AlarmSpecification: { Alarms: ['a'] } };
  const { ExecutionArn, Digest } = await start('web', 'web-asg', { Preferences, WaitSeconds: 5 });
  assert.equal(Digest, ami);
  const described = await describeExecution(call(), { executionArn: ExecutionArn });
  assert.match(String(described.stateMachineArn), /stateMachine:kintsugi-roll-out-auto-scaling-group$/);
  const input = { Family: 'web', ImageId: ami, Group: 'web-asg', Preferences, WaitSeconds: 5 };
  assert.deepEqual(JSON.parse(String(described.input)), input);
  await advanceExecution(world.store.db, ExecutionArn, null, new Date());
  const { Rollouts } = await world.ask('DescribeImageRollouts', { ExecutionArn });
  const [one] = Rollouts;
  assert.deepEqual([one.Status, one.State, one.Group], ['RUNNING', 'Is the image revoked?', 'web-asg']);
  await stop(ExecutionArn);
  const [over] = (await world.ask('DescribeImageRollouts', { Family: 'web' })).Rollouts;
  assert.equal(over.Status, 'ABORTED');
});

test('one group is rolled out to once at a time, and the same request is the same rollout', async () => {
  await gold('once');
  const all = await Promise.all([1, 2, 3].map(() => start('once', 'once-asg')));
  assert.equal(new Set(all.map((one) => one.ExecutionArn)).size, 1);
  assert.deepEqual(all.map((one) => one.AlreadyRuns).sort(), [false, true, true]);
  await gold('once');
  await assert.rejects(start('once', 'once-asg'), { code: 'RolloutInProgress' });
  await start('once', 'another-asg');
  await stop(all[0].ExecutionArn);
  assert.equal((await start('once', 'once-asg')).AlreadyRuns, false);
});

test('what is revoked, no AMI, or not there is not rolled out', async () => {
  await assert.rejects(start('nothing', 'asg'), { code: 'ChannelEmpty' });
  await gold('disk', newDigest());
  await assert.rejects(start('disk', 'asg'), { code: 'NotAnAmi' });
  const ami = await gold('bad');
  await world.ask('RevokeImage', { Digest: ami, Reason: 'CVE-2026-0001' });
  await assert.rejects(start('bad', 'asg'), { code: 'ImageRevoked', message: /CVE-2026-0001.*No earlier gold/s });
  const { rows } = await world.store.pool.query("SELECT * FROM execution WHERE name LIKE 'bad-%'");
  assert.deepEqual(rows, []);
});

test('a revocation names the rollouts of the image that are under way', async () => {
  const ami = await gold('going');
  const { ExecutionArn } = await start('going', 'going-asg');
  const { Rollouts } = await world.ask('RevokeImage', { Digest: ami, Reason: 'bad' });
  assert.deepEqual(Rollouts, [ExecutionArn]);
});

test('hostile groups and preferences are refused', async () => {
  await gold('hostile');
  for (const Group of ['', 'a:b', 'x'.repeat(256), 'a\nb', '\u202e', 7])
    await assert.rejects(start('hostile', Group as string), { code: 'ValidationException' });
  for (const more of [{ Preferences: [] }, { WaitSeconds: 0 }, { MostLooks: 1e9 }, { RevokeOnFailure: 'no' }])
    await assert.rejects(start('hostile', 'asg', more), { code: 'ValidationException' });
});
