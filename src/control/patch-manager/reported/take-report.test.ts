import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addNode, nodeId } from '../../../../test/add-node.ts';
import { fakeCall, invoke } from '../../../../test/fake-call.ts';
import { patchAsker } from '../../../../test/patch-asker.ts';
import { inventoryOperations } from '../../inventory/operations.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const ID = nodeId('000000000000', 1);
let patch: Awaited<ReturnType<typeof patchAsker>>;
before(async () => {
  patch = await patchAsker(async () => ({ operatingSystem: 'DEBIAN', product: 'Debian12' }));
  await addNode(patch.db, '000000000000', 1);
});
after(() => patch.dispose());

const SUMMARY = {
  BaselineId: 'pb-0123456789abcdef0',
  PatchGroup: 'web',
  SnapshotId: '0123abcd-0000-4000-8000-000000000000',
  ExecutionId: '0123abcd-0000-4000-8000-000000000000',
  InstalledCount: '1',
  InstalledOtherCount: '0',
  NotApplicableCount: '3',
  MissingCount: '1',
  FailedCount: '0',
  CriticalNonCompliantCount: '1',
  SecurityNonCompliantCount: '0',
  OtherNonCompliantCount: '0',
  OperationType: 'Scan',
  OperationStartTime: '2026-11-22T11:58:00Z',
  OperationEndTime: '2026-11-22T11:59:00Z',
};
const openssl = {
  Id: 'openssl.amd64',
  Title: 'openssl.amd64:3.0.22-1~deb12u2',
  Severity: 'CRITICAL',
  Status: 'NON_COMPLIANT',
  PatchState: 'Missing',
  Classification: 'Security',
  PatchSeverity: 'Important',
  CVEIds: 'CVE-2026-0001,CVE-2026-0002',
};
const bash = {
  Id: 'bash.amd64',
  Title: 'bash.amd64:5.2-1',
  Severity: 'UNSPECIFIED',
  Status: 'COMPLIANT',
  PatchState: 'Installed',
  InstalledTime: '2026-10-01T00:00:00Z',
};

function put(
  summary: object | null,
  items: object[] | null,
  more: { context?: object; hashes?: [string, string] } = {},
) {
  const [summaryHash, itemsHash] = more.hashes ?? [undefined, undefined];
  const common = { SchemaVersion: '1.0', CaptureTime: '2026-11-22T12:00:00Z' };
  const Context = {
    ComplianceType: 'Patch',
    ExecutionId: SUMMARY.ExecutionId,
    ExecutionType: 'Command',
    ...more.context,
  };
  const Items = [
    { ...common, TypeName: 'AWS:PatchSummary', ContentHash: summaryHash, ...(summary && { Content: [summary] }) },
    { ...common, TypeName: 'AWS:ComplianceItem', ContentHash: itemsHash, Context, ...(items && { Content: items }) },
  ];
  const call = fakeCall(patch.db, { now: NOW });
  return invoke(inventoryOperations, 'PutInventory', call, { InstanceId: ID, Items });
}

const state = async () =>
  (await patch.ask('DescribeInstancePatchStates', { InstanceIds: [ID] }, { now: NOW })).InstancePatchStates[0];
const patches = async () => (await patch.ask('DescribeInstancePatches', { InstanceId: ID }, { now: NOW })).Patches;

test('what is not whole is refused, and nothing of it is kept', async () => {
  const refused = (summary: object, items: object[], message: RegExp) =>
    assert.rejects(put(summary, items), (error: { code?: string; message: string }) => {
      assert.equal(error.code, 'InvalidItemContentException');
      assert.match(error.message, message);
      return true;
    });
  await refused(
    { ...SUMMARY, MissingCount: '2' },
    [openssl, bash],
    /MissingCount is 2, and AWS:ComplianceItem lists 1/,
  );
  await refused({ ...SUMMARY, InstalledCount: 'many' }, [openssl], /InstalledCount is no count/);
  await refused({ ...SUMMARY, OperationType: 'Look' }, [openssl], /OperationType is none of/);
  await refused({ ...SUMMARY, OperationEndTime: '2026-11-23T00:00:00Z' }, [openssl], /in the future/);
  await refused({ ...SUMMARY, OperationStartTime: 'x' }, [openssl], /OperationStartTime is no time/);
  await refused({ ...SUMMARY, BaselineId: 'none' }, [openssl], /BaselineId/);
  await refused(SUMMARY, [openssl, openssl], /stands twice/);
  await refused(SUMMARY, [{ ...openssl, Status: 'COMPLIANT' }], /is COMPLIANT and Missing/);
  await refused(SUMMARY, [{ ...openssl, PatchState: 'Gone' }], /PatchState that is none/);
  assert.equal(await state(), undefined);
  await assert.rejects(put(null, null, { hashes: ['a', 'b'] }), { code: 'ItemContentMismatchException' });
});

test('a report feeds the states, the patches and the counters, and a hash stands for what was told before', async () => {
  await put(SUMMARY, [openssl, bash], { hashes: ['s1', 'c1'] });
  const told = await state();
  assert.deepEqual(
    [told.MissingCount, told.InstalledCount, told.NotApplicableCount, told.CriticalNonCompliantCount, told.PatchGroup],
    [1, 1, 3, 1, 'web'],
  );
  assert.deepEqual([told.SnapshotId, told.Operation], [SUMMARY.SnapshotId, 'Scan']);
  const [first, second] = await patches();
  assert.deepEqual([first.Title, first.State], ['bash.amd64:5.2-1', 'Installed']);
  assert.equal(first.InstalledTime.toISOString(), '2026-10-01T00:00:00.000Z');
  assert.deepEqual([second.State, second.CVEIds], ['Missing', 'CVE-2026-0001,CVE-2026-0002']);

  const later = { ...SUMMARY, OperationEndTime: '2026-11-22T11:59:30Z' };
  await put(later, null, { hashes: ['s2', 'c1'] });
  assert.equal((await state()).OperationEndTime.toISOString(), '2026-11-22T11:59:30.000Z');
  assert.equal((await patches()).length, 2);
  await assert.rejects(put(later, null, { hashes: ['s2', 'other'] }), { code: 'ItemContentMismatchException' });
});

test('an older report changes nothing, and one of another compliance is none of patches', async () => {
  const older = { ...SUMMARY, MissingCount: '0', OperationEndTime: '2026-11-22T11:58:30Z' };
  await put(older, [bash], { hashes: ['s0', 'c0'] });
  assert.equal((await state()).MissingCount, 1);
  await put({ ...older, OperationEndTime: '2026-11-22T11:59:59Z' }, [bash], {
    context: { ComplianceType: 'Association' },
  });
  assert.equal((await state()).MissingCount, 1);
});
