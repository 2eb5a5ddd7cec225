import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { InstancePatchState, PatchComplianceData } from '@aws-sdk/client-ssm';
import { misfits } from '../../../../test/botocore.ts';
import { filter, patchAsker } from '../../../../test/patch-asker.ts';
import { debianUpdates, recordScan, SCANNED_AT } from '../../../../test/patch-scan.ts';
import { inventory } from '../../../core/compliance/inventory-arbitrary.ts';
import type { Call } from '../../call.ts';
import { putTags } from '../../tags/tags.ts';
import { markPatchStateUnknown } from '../record-patches.ts';

const DEBIAN = { operatingSystem: 'DEBIAN', product: 'Debian12' } as const;
const nodeId = (letter: string) => `mi-${letter.repeat(17)}`;
const [A, B, NOBODY] = [nodeId('a'), nodeId('b'), nodeId('0')];

let patch: Awaited<ReturnType<typeof patchAsker>>;
before(async () => {
  patch = await patchAsker(async (_, id) => (id === NOBODY ? null : DEBIAN));
  await recordScan(patch.db, { instanceId: A, patchGroup: 'web', inventory: debianUpdates() });
  await recordScan(patch.db, { instanceId: B, patchGroup: 'web', inventory: inventory() });
});
after(() => patch.dispose());

const ask = (operation: string, input: object, given: Partial<Call> = {}) =>
  patch.ask(operation, input, { now: SCANNED_AT, ...given });
const patchesOf = async (InstanceId: string, ...Filters: object[]): Promise<PatchComplianceData[]> =>
  (await ask('DescribeInstancePatches', { InstanceId, Filters })).Patches;
const idsOf = async (...given: Parameters<typeof patchesOf>) => (await patchesOf(...given)).map(({ KBId }) => KBId);
const stateOf = async (id: string, given: Partial<Call> = {}): Promise<InstancePatchState> =>
  (await ask('DescribeInstancePatchStates', { InstanceIds: [id] }, given)).InstancePatchStates[0];
const groupState = (PatchGroup: string, given: Partial<Call> = {}) =>
  ask('DescribePatchGroupState', { PatchGroup }, given);
const later = (days: number) => ({ now: new Date(SCANNED_AT.getTime() + days * 86_400_000) });

test('a node answers with the counters of its last operation, one without any not at all', async () => {
  const state = await stateOf(A);
  assert.deepEqual(
    [state.PatchGroup, state.Operation, state.MissingCount, state.InstalledCount, state.InstalledOtherCount],
    ['web', 'Scan', 1, 0, 2],
  );
  assert.deepEqual([state.SecurityNonCompliantCount, state.OtherNonCompliantCount], [1, 0]);
  assert.equal(state.BaselineId, 'arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-75b114c507d400ec2');
  const both = await ask('DescribeInstancePatchStates', { InstanceIds: [B, NOBODY, A, A] });
  assert.deepEqual(
    both.InstancePatchStates.map((one: InstancePatchState) => one.InstanceId),
    [A, B],
  );
});

test('packages are told in the words of AWS, and little of those where nothing is to do', async () => {
  const other = { Title: '', Classification: '', Severity: '', State: 'InstalledOther', InstalledTime: new Date(0) };
  assert.deepEqual(await patchesOf(A), [
    { ...other, KBId: 'bash.amd64' },
    { ...other, KBId: 'curl.amd64' },
    {
      Title: 'openssl.amd64:3.0.22-1~deb12u2',
      KBId: 'openssl.amd64',
      Classification: 'Security',
      Severity: 'Important',
      State: 'Missing',
      InstalledTime: new Date(0),
      CVEIds: 'CVE-2026-0001,CVE-2026-0002',
    },
  ]);
});

test('packages are filtered by state in both spellings, by id, classification and severity', async () => {
  assert.deepEqual(await idsOf(A, filter('State', 'Missing')), ['openssl.amd64']);
  assert.deepEqual(await idsOf(A, filter('State', 'MISSING', 'Failed')), ['openssl.amd64']);
  assert.deepEqual(await idsOf(A, filter('State', 'INSTALLED_OTHER')), ['bash.amd64', 'curl.amd64']);
  assert.deepEqual(await idsOf(A, filter('KBId', 'curl.amd64', "x' OR '1'='1\0")), ['curl.amd64']);
  assert.deepEqual(await idsOf(A, filter('Classification', 'security'), filter('Severity', 'Important')), [
    'openssl.amd64',
  ]);
  assert.deepEqual(await idsOf(A, filter('Severity', 'Unspecified')), []);
  await assert.rejects(patchesOf(A, filter('State', 'Fine')), { code: 'InvalidFilter' });
  await assert.rejects(patchesOf(A, filter('CVE', 'x')), { code: 'InvalidFilter' });
  await assert.rejects(patchesOf(NOBODY), { code: 'InvalidInstanceId' });
});

test('packages come page by page in the order of their names', async () => {
  const first = await ask('DescribeInstancePatches', { InstanceId: A, MaxResults: 2 });
  const second = await ask('DescribeInstancePatches', { InstanceId: A, MaxResults: 2, NextToken: first.NextToken });
  const names = [...first.Patches, ...second.Patches].map((one) => one.KBId);
  assert.deepEqual([names, second.NextToken], [['bash.amd64', 'curl.amd64', 'openssl.amd64'], undefined]);
  const other = { InstanceId: B, NextToken: first.NextToken };
  await assert.rejects(ask('DescribeInstancePatches', other), { code: 'InvalidNextToken' });
});

test('the nodes of a group are filtered by their counters', async () => {
  const found = async (Key: string, Type: string, value: string) => {
    const input = { PatchGroup: 'web', Filters: [{ Key, Type, Values: [value] }] };
    const { InstancePatchStates } = await ask('DescribeInstancePatchStatesForPatchGroup', input);
    return InstancePatchStates.map((one: InstancePatchState) => one.InstanceId);
  };
  assert.deepEqual(await found('MissingCount', 'GreaterThan', '0'), [A]);
  assert.deepEqual(await found('MissingCount', 'Equal', '0'), [B]);
  assert.deepEqual(await found('MissingCount', 'LessThan', '2'), [A, B]);
  assert.deepEqual(await found('OtherNonCompliantCount', 'NotEqual', '0'), []);
  await assert.rejects(found('MissingCount', 'Equal', 'many'), { code: 'InvalidFilter' });
  await assert.rejects(found('constructor', 'Equal', '1'), { code: 'InvalidFilter' });
});

test('an install dates what it brought, tells what failed, and is followed by the next scan', async () => {
  const id = nodeId('c');
  const at = (minutes: number) => new Date(SCANNED_AT.getTime() + minutes * 60_000);
  await recordScan(patch.db, { instanceId: id, inventory: debianUpdates() });
  const failed = new Map([['openssl:amd64', 'dpkg ended with 1']]);
  const install = { instanceId: id, operation: 'Install', rebootOption: 'NoReboot' } as const;
  await recordScan(patch.db, { ...install, inventory: debianUpdates(), endedAt: at(10), failed });
  assert.deepEqual(
    (await patchesOf(id, filter('State', 'Failed'))).map(({ CVEIds }) => CVEIds),
    ['CVE-2026-0001,CVE-2026-0002'],
  );
  const { packages } = debianUpdates();
  const mended = packages.map((one) => (one.name === 'openssl' ? { ...one, version: '3.0.22-1~deb12u2' } : one));
  const clean = debianUpdates({ packages: mended, updates: [] });
  await recordScan(patch.db, { ...install, inventory: clean, endedAt: at(20) });
  await recordScan(patch.db, { instanceId: id, inventory: clean, endedAt: at(30) });
  const times = (await patchesOf(id)).map(({ KBId, InstalledTime }) => [KBId, InstalledTime]);
  assert.deepEqual(times, [
    ['bash.amd64', new Date(0)],
    ['curl.amd64', new Date(0)],
    ['openssl.amd64', at(20)],
  ]);
  const state = await stateOf(id);
  assert.deepEqual([state.Operation, state.MissingCount, state.FailedCount], ['Scan', 0, 0]);
  assert.deepEqual(state.LastNoRebootInstallOperationTime, at(20));
});

test('a node of which nobody knows how it stands is never counted as compliant', async () => {
  const id = nodeId('d');
  const broken = { code: 'locked', unknown: true, message: 'dpkg is locked.', next: null } as const;
  const { evidence } = inventory();
  const unknown = inventory({ evidence: { ...evidence, problems: [broken] } });
  await recordScan(patch.db, { instanceId: id, patchGroup: 'dark', inventory: unknown });
  assert.deepEqual([(await stateOf(id)).MissingCount, (await stateOf(id)).OtherNonCompliantCount], [0, 1]);
  const tags = [{ Key: 'Patch Group', Value: 'dark' }];
  for (const one of [id, nodeId('e')]) await putTags(patch.db, '000000000000', 'ManagedInstance', one, tags);
  const group = await groupState('dark');
  assert.deepEqual([group.Instances, group.InstancesWithOtherNonCompliantPatches], [2, 2]);
  assert.deepEqual(
    [(await stateOf(B)).OtherNonCompliantCount, (await stateOf(B, later(3))).OtherNonCompliantCount],
    [0, 1],
  );
  const web = await groupState('web');
  assert.deepEqual(
    [web.Instances, web.InstancesWithMissingPatches, web.InstancesWithOtherNonCompliantPatches],
    [2, 1, 0],
  );
  assert.equal((await groupState('web', later(3))).InstancesWithOtherNonCompliantPatches, 2);
  const other = nodeId('f');
  await recordScan(patch.db, { instanceId: other, inventory: inventory() });
  await markPatchStateUnknown(patch.db, { account: '000000000000', instanceId: other, reason: 'No answer.\0' });
  assert.equal((await stateOf(other)).OtherNonCompliantCount, 1);
});

test('a group that has no node is empty', async () => {
  const counts: number[] = Object.values(await groupState('none'));
  assert.ok(counts.every((count) => count === 0));
});

test('every answer above has the shape of AWS', (t) => {
  const found = misfits(patch.answers);
  if (found === null) return t.skip('no botocore on this machine');
  assert.deepEqual(found, []);
});
