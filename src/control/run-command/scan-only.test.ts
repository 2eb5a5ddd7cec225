import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeFleet, fakeFleet } from '../../../test/fake-fleet.ts';
import { limitNode } from './limit-node.ts';
import { onlyLooks } from './scan-only.ts';

let fleet: FakeFleet;
before(async () => {
  fleet = await fakeFleet();
});
after(() => fleet.dispose());

const ACCOUNT = '000000000000';

function limit(instanceId: string | undefined, isScanOnly: boolean) {
  const by = { principal: 'arn:test', requestId: 'r', now: fleet.now() };
  return limitNode(fleet.db, { account: ACCOUNT, instanceId: instanceId ?? '', isScanOnly, ...by });
}

test('only scans and the gathering of inventory that the server leads are looks', () => {
  const of = (orchestration: string | null, Operation?: string[]) =>
    onlyLooks({ orchestration, parameters: Operation === undefined ? {} : { Operation } });
  assert.ok(of('patch-baseline', ['Scan']));
  assert.ok(of('inventory'));
  const refused: [string | null, string[]?][] = [
    [null],
    [null, ['Scan']],
    ['patch-baseline'],
    ['patch-baseline', []],
    ['patch-baseline', ['Install']],
    ['patch-baseline', ['scan']],
    ['patch-baseline', ['Scan', 'Install']],
    ['patch-baseline-with-hooks', ['Scan']],
    ['constructor', ['Scan']],
  ];
  for (const [orchestration, operation] of refused) assert.ok(!of(orchestration, operation), String(orchestration));
});

test('a scan-only node refuses a script, and the other nodes of the command get it, without an error to spare', async () => {
  const { agents, ids } = await fleet.nodes(3);
  assert.ok(await limit(ids[0], true));
  const CommandId = await fleet.send({ InstanceIds: ids, MaxErrors: '0', MaxConcurrency: '1' });
  assert.deepEqual(await fleet.details(CommandId), ['AccessDenied', 'Pending', 'Pending']);
  assert.deepEqual(await agents[0]?.poll(), []);
  for (const agent of agents.slice(1)) {
    const [message] = await agent.poll();
    assert.ok(message);
    await agent.run(message, { only: {} });
    await fleet.beat();
  }
  assert.deepEqual(await fleet.details(CommandId), ['AccessDenied', 'Success', 'Success']);
  const told = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0] });
  assert.equal(told.Status, 'Failed');
  assert.match(told.StandardErrorContent, /^only was not sent: this node is scan-only\..*--allow-patching/);
  const { Status, StatusDetails, ErrorCount } = await fleet.command(CommandId);
  assert.deepEqual([Status, StatusDetails, ErrorCount], ['Failed', 'Incomplete', 0]);
});

test('a scan-only node that is away is told off at once: nothing waits there for the limit to go', async () => {
  const { ids } = await fleet.nodes(1);
  await limit(ids[0], true);
  fleet.pass(3600);
  const CommandId = await fleet.send({ InstanceIds: ids });
  assert.deepEqual(await fleet.details(CommandId), ['AccessDenied']);
});

test('what a node has not fetched is withdrawn when it becomes scan-only, and what it has begun goes on', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const agent = agents[0];
  const first = await fleet.send({ InstanceIds: ids });
  const [begun] = (await agent?.poll()) ?? [];
  assert.ok(begun && agent);
  await agent.acknowledge(begun.messageId);
  await fleet.beat();
  const second = await fleet.send({ InstanceIds: ids });
  await limit(ids[0], true);
  assert.deepEqual(await fleet.details(second), ['AccessDenied']);
  assert.deepEqual(await agent.poll(), []);
  await agent.run(begun, { only: {} });
  await fleet.beat();
  assert.deepEqual(await fleet.details(first), ['Success']);
});

test('a message that was given out and never confirmed is withdrawn with that doubt', async () => {
  const { agents, ids } = await fleet.nodes(1);
  const CommandId = await fleet.send({ InstanceIds: ids });
  assert.equal((await agents[0]?.poll())?.length, 1);
  await limit(ids[0], true);
  const told = await fleet.ask('GetCommandInvocation', { CommandId, InstanceId: ids[0] });
  assert.match(told.StandardErrorContent, /has not said that it took it/);
});

test('the limit is lifted again, is noted once in the audit log, and unknown nodes have none', async () => {
  const { ids } = await fleet.nodes(1);
  for (const isScanOnly of [true, true, false, false]) assert.ok(await limit(ids[0], isScanOnly));
  const CommandId = await fleet.send({ InstanceIds: ids });
  assert.deepEqual(await fleet.details(CommandId), ['Pending']);
  const { rows } = await fleet.pool.query(
    `SELECT operation FROM audit_entry WHERE input->>'InstanceId' = $1 ORDER BY sequence`,
    [ids[0]],
  );
  assert.deepEqual(
    rows.map(({ operation }) => operation),
    ['LimitNodeToScans', 'AllowPatchingOfNode'],
  );
  assert.equal(await limit('mi-00000000000000000', true), false);
});
