import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { misfits } from '../../../test/botocore.ts';
import { patchAsker } from '../../../test/patch-asker.ts';
import type { Call } from '../call.ts';
import { patchGroupOf } from '../managed-nodes/nodes.ts';
import { putTags } from '../tags/tags.ts';
import { baselineForNode } from './baselines.ts';
import { patchSnapshotOf, snapshotByToken } from './snapshots.ts';

const NODE = `mi-${'a'.repeat(17)}`;
const ACCOUNT = '000000000000';
const NOW = new Date('2026-01-01T00:00:00Z');
const hours = (count: number) => ({ now: new Date(NOW.getTime() + count * 3_600_000) });

let patch: Awaited<ReturnType<typeof patchAsker>>;
before(async () => {
  patch = await patchAsker(async (_, id) => (id === NODE ? { operatingSystem: 'DEBIAN', product: 'Debian12' } : null));
});
after(() => patch.dispose());

const ask = (operation: string, input: object, given: Partial<Call> = {}) =>
  patch.ask(operation, input, { now: NOW, ...given });
const snapshot = (SnapshotId: string, given: Partial<Call> = {}, more: object = {}) =>
  ask('GetDeployablePatchSnapshotForInstance', { InstanceId: NODE, SnapshotId, ...more }, given);
const tokenIn = ({ SnapshotDownloadUrl }: { SnapshotDownloadUrl: string }) =>
  SnapshotDownloadUrl.split('/').at(-1) ?? '';
const fetched = async (answer: { SnapshotDownloadUrl: string }, given = { now: NOW }) =>
  (await snapshotByToken(patch.db, tokenIn(answer), given.now))?.patchBaseline ?? null;
const guid = (letter: string) => `${letter.repeat(8)}-0000-4000-8000-${letter.repeat(12)}`;

const RULE = { PatchFilterGroup: { PatchFilters: [{ Key: 'PRODUCT', Values: ['Debian12'] }] }, ApproveAfterDays: 3 };

test('a snapshot freezes the baseline of the patch group for all that name its id', async () => {
  const rules = { ApprovalRules: { PatchRules: [RULE] }, RejectedPatches: ['nginx'] };
  const { BaselineId } = await ask('CreatePatchBaseline', { Name: 'deb', OperatingSystem: 'DEBIAN', ...rules });
  await ask('RegisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup: 'web' });
  await putTags(patch.db, ACCOUNT, 'ManagedInstance', NODE, [{ Key: 'PatchGroup', Value: 'web' }]);
  assert.equal(await patchGroupOf(patch.db, ACCOUNT, NODE), 'web');
  const first = await snapshot(guid('a'));
  assert.deepEqual([first.InstanceId, first.SnapshotId, first.Product], [NODE, guid('a'), 'Debian12']);
  await ask('UpdatePatchBaseline', { BaselineId, RejectedPatches: [] });
  assert.deepEqual(await fetched(await snapshot(guid('A'))), await fetched(first));
  assert.deepEqual(await fetched(first), {
    accountId: ACCOUNT,
    baselineId: BaselineId,
    name: 'deb',
    globalFilters: { filters: [] },
    approvalRules: {
      rules: [
        {
          filterGroup: { filters: [{ key: 'PRODUCT', values: ['Debian12'] }] },
          complianceLevel: 'UNSPECIFIED',
          enableNonSecurity: false,
          approveAfterDays: 3,
          approveUntilDate: null,
        },
      ],
    },
    approvedPatches: [],
    approvedPatchesComplianceLevel: 'UNSPECIFIED',
    approvedPatchesEnableNonSecurity: false,
    rejectedPatches: ['nginx'],
    rejectedPatchesAction: 'ALLOW_AS_DEPENDENCY',
    createdTime: NOW.toISOString(),
    modifiedTime: NOW.toISOString(),
    description: null,
    operatingSystem: 'DEBIAN',
    sources: [],
  });
  assert.deepEqual((await fetched(await snapshot(guid('b'))))?.rejectedPatches, []);
});

test('an address lives for a day, its snapshot for three', async () => {
  const first = await snapshot(guid('c'));
  assert.equal(await fetched(first, hours(25)), null);
  assert.notEqual(await fetched(first, hours(23)), null);
  const frozen = await fetched(first);
  const again = await snapshot(guid('c'), hours(71));
  assert.deepEqual(await fetched(again, hours(71)), frozen);
  const key = { account: ACCOUNT, patchGroup: 'web', operatingSystem: 'DEBIAN', snapshotId: guid('c') } as const;
  assert.deepEqual((await patchSnapshotOf(patch.db, key, hours(71).now)).frozenAt, NOW);
  assert.deepEqual((await patchSnapshotOf(patch.db, key, hours(73).now)).frozenAt, hours(73).now);
});

test('no word but one that was given out opens a snapshot', async () => {
  const token = tokenIn(await snapshot(guid('d')));
  assert.match(token, /^[\w-]{43}$/);
  for (const other of ['', 'x'.repeat(43), token.slice(1), `${token}=`, `${token}\0`])
    assert.equal(await snapshotByToken(patch.db, other, NOW), null);
});

test('an override is judged like a baseline and frozen at its first use', async () => {
  const override = { BaselineOverride: { OperatingSystem: 'DEBIAN', ApprovalRules: { PatchRules: [RULE] } } };
  const first = await fetched(await snapshot(guid('e'), {}, override));
  assert.deepEqual([first?.name, first?.baselineId, first?.createdTime], ['BaselineOverride', null, null]);
  assert.deepEqual(await fetched(await snapshot(guid('e'))), first);
  const wrong = (BaselineOverride: object) => snapshot(guid('f'), {}, { BaselineOverride });
  await assert.rejects(wrong({ OperatingSystem: 'WINDOWS' }), { code: 'ValidationException' });
  await assert.rejects(wrong({ ApprovedPatches: ['a b'] }), { code: 'ValidationException' });
});

test('a node asks for itself alone, and what is no node has no snapshot', async () => {
  const principal = { account: ACCOUNT, role: 'node', accessKeyId: 'ASIA', arn: 'arn:aws:sts::node' } as const;
  const asNode = (instanceId: string) => snapshot(guid('a'), { principal: { ...principal, instanceId } });
  await assert.rejects(asNode(`mi-${'b'.repeat(17)}`), { code: 'AccessDeniedException' });
  assert.equal((await asNode(NODE)).InstanceId, NODE);
  const unknown = { InstanceId: `mi-${'b'.repeat(17)}`, SnapshotId: guid('a') };
  await assert.rejects(ask('GetDeployablePatchSnapshotForInstance', unknown), { code: 'UnsupportedOperatingSystem' });
});

test('a node in no group, or in one that nobody registered, has the default baseline', async () => {
  for (const patchGroup of [null, '', 'unregistered']) {
    const { baseline } = await baselineForNode(patch.db, ACCOUNT, { patchGroup, operatingSystem: 'DEBIAN' });
    assert.equal(baseline.Name, 'AWS-DebianDefaultPatchBaseline');
  }
  const { BaselineId } = await ask('CreatePatchBaseline', { Name: 'mine', OperatingSystem: 'DEBIAN' });
  await ask('RegisterDefaultPatchBaseline', { BaselineId });
  const node = { patchGroup: 'unregistered', operatingSystem: 'DEBIAN' } as const;
  assert.equal((await baselineForNode(patch.db, ACCOUNT, node)).id, BaselineId);
});

test('every answer above has the shape of AWS', (t) => {
  const found = misfits(patch.answers);
  if (found === null) return t.skip('no botocore on this machine');
  assert.deepEqual(found, []);
});
