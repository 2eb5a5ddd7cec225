import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ComplianceItem, ComplianceSummaryItem, ResourceComplianceSummaryItem } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { node } from '../../store/schema/nodes.ts';
import { patchResult, patchState } from '../../store/schema/patch.ts';
import type { Call, Principal } from '../call.ts';
import { tallyOf } from '../patch-manager/patch-compliance.ts';
import { complianceOperations, dropCompliance } from './operations.ts';

let store: TestDatabase;
let account = 100;
const now = new Date('2026-01-02T00:00:00Z');
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());
beforeEach(() => {
  account += 1;
});

const idOf = (number: number) => `mi-${String(account).padStart(5, '0')}${String(number).padStart(12, '0')}`;
const call = (operation: string, input: object, given: Partial<Call> = {}) =>
  invoke(complianceOperations, operation, fakeCall(store.db, { account: String(account), now, ...given }), input);

async function addNode(number: number): Promise<string> {
  const instanceId = idOf(number);
  const fixed = { activationId: 'a', iamRole: 'r', fingerprint: 'f', publicKey: Buffer.of(1), registeredAt: now };
  await store.db.insert(node).values({ account: String(account), instanceId, ...fixed });
  return instanceId;
}

type State = typeof patchState.$inferInsert;
type Result = typeof patchResult.$inferInsert;

const PLAIN = { name: 'openssl', architecture: 'amd64', state: 'INSTALLED', complianceLevel: 'UNSPECIFIED' } as const;

/** A scan of a node that found the patches; the counters follow from them. */
async function addScan(instanceId: string, patches: Partial<Result>[], more: Partial<State> = {}): Promise<void> {
  const of = (state: string) => patches.filter((patch) => patch.state === state).length;
  const zero = {
    installed: 0,
    installedOther: 0,
    notApplicable: 0,
    unreportedNotApplicable: -1,
    availableSecurityUpdate: 0,
  };
  const counters = { criticalNonCompliant: 0, securityNonCompliant: 0, otherNonCompliant: 0 };
  const states = {
    missing: of('MISSING'),
    failed: of('FAILED'),
    installedRejected: of('INSTALLED_REJECTED'),
    installedPendingReboot: of('INSTALLED_PENDING_REBOOT'),
  };
  const key = { account: String(account), instanceId };
  const isGood = Object.values(states).every((count) => count === 0);
  await store.db.insert(patchState).values({
    ...{ ...key, ...zero, ...counters, ...states },
    patchGroup: 'web',
    baselineId: 'pb-0123456789abcdef0',
    operatingSystem: 'DEBIAN',
    product: 'Debian12',
    operation: 'Scan',
    startedAt: new Date('2026-01-01T12:00:00Z'),
    endedAt: new Date('2026-01-01T12:01:00Z'),
    status: isGood ? 'COMPLIANT' : 'NON_COMPLIANT',
    statusReasons: [],
    compliance: tallyOf(patches.map((patch) => ({ ...PLAIN, ...patch }))),
    patchesHash: Buffer.of(1),
    ...more,
  });
  for (const patch of patches) {
    const reason = 'test' as Result['reason'];
    await store.db
      .insert(patchResult)
      .values({ ...key, ...PLAIN, reason, installedVersion: '1', availableVersion: '2', ...patch });
  }
}

const ExecutionTime = new Date('2026-01-01T00:00:00Z');
const put = (ResourceId: string, ComplianceType: string, Items: object[], more: object = {}) =>
  call('PutComplianceItems', {
    ResourceId,
    ResourceType: 'ManagedInstance',
    ComplianceType,
    ExecutionSummary: { ExecutionTime },
    Items,
    ...more,
  });
const item = (Id: string, Status = 'COMPLIANT', Severity = 'UNSPECIFIED', more: object = {}) => ({
  Id,
  Status,
  Severity,
  ...more,
});
const items = async (ResourceId: string, Filters: object[] = []) =>
  (await call('ListComplianceItems', { ResourceIds: [ResourceId], ResourceTypes: ['ManagedInstance'], Filters }))
    .ComplianceItems as ComplianceItem[];
const idsOf = (list: ComplianceItem[]) => list.map(({ ComplianceType, Id }) => `${ComplianceType} ${Id}`);
const resources = async (Filters: object[] = []) =>
  (await call('ListResourceComplianceSummaries', { Filters }))
    .ResourceComplianceSummaryItems as ResourceComplianceSummaryItem[];
const totals = async (Filters: object[] = []) =>
  (await call('ListComplianceSummaries', { Filters })).ComplianceSummaryItems as ComplianceSummaryItem[];

test('what is put is listed, and the next full report replaces it', async () => {
  const id = await addNode(1);
  const Details = { DocumentName: 'Check', 'odd\0key': 'x' };
  const execution = { ExecutionTime, ExecutionId: 'e', ExecutionType: 'Command' };
  await put(id, 'Custom:AVCheck', [item('b'), item('a', 'NON_COMPLIANT', 'HIGH', { Title: 'T', Details })], {
    ExecutionSummary: execution,
  });
  const [first, second] = await items(id);
  assert.deepEqual(first, {
    ComplianceType: 'Custom:AVCheck',
    ResourceType: 'ManagedInstance',
    ResourceId: id,
    Id: 'a',
    Title: 'T',
    Status: 'NON_COMPLIANT',
    Severity: 'HIGH',
    ExecutionSummary: execution,
    Details: { DocumentName: 'Check', 'odd\ufffdkey': 'x' },
  });
  assert.equal(second?.Title, '');
  await put(id, 'Custom:AVCheck', [item('c')]);
  assert.deepEqual(idsOf(await items(id)), ['Custom:AVCheck c']);
  await put(id, 'Custom:AVCheck', []);
  assert.deepEqual(await items(id), []);
  assert.deepEqual(await totals(), []);
});

test('an unchanged hash is ignored, another one and none are not', async () => {
  const id = await addNode(1);
  await put(id, 'Custom:A', [item('a')], { ItemContentHash: 'h' });
  await put(id, 'Custom:A', [item('b')], { ItemContentHash: 'h' });
  assert.deepEqual(idsOf(await items(id)), ['Custom:A a']);
  await put(id, 'Custom:A', [item('b')], { ItemContentHash: 'i' });
  assert.deepEqual(idsOf(await items(id)), ['Custom:A b']);
  await put(id, 'Custom:A', [item('c')]);
  assert.deepEqual(idsOf(await items(id)), ['Custom:A c']);
});

test('a partial report of associations leaves the others as they are', async () => {
  const id = await addNode(1);
  await put(id, 'Association', [item('one'), item('two', 'NON_COMPLIANT', 'LOW')]);
  const PARTIAL = { UploadType: 'PARTIAL' };
  await put(id, 'Association', [item('two'), item('three')], PARTIAL);
  assert.deepEqual(
    (await items(id)).map(({ Id, Status }) => [Id, Status]),
    [
      ['one', 'COMPLIANT'],
      ['three', 'COMPLIANT'],
      ['two', 'COMPLIANT'],
    ],
  );
  await assert.rejects(put(id, 'Custom:A', [], PARTIAL), { code: 'ValidationException' });
});

test('what cannot be put is refused, each with its error', async () => {
  const id = await addNode(1);
  await assert.rejects(put(id, 'Custom:A', [], { ResourceType: 'Bucket' }), { code: 'InvalidResourceType' });
  await assert.rejects(put('mi-00000000000000000', 'Custom:A', []), { code: 'InvalidResourceId' });
  await assert.rejects(put('mi-\0', 'Custom:A', []), { code: 'InvalidResourceId' });
  await assert.rejects(put(id, 'Firewall', []), { code: 'ValidationException' });
  await assert.rejects(put(id, 'Custom:A', [item('a'), item('a')]), { code: 'InvalidItemContentException' });
  const Details = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, 'x'.repeat(4096)]));
  const large = [item('a', 'COMPLIANT', 'LOW', { Details })];
  await assert.rejects(put(id, 'Custom:A', large), { code: 'ItemSizeLimitExceededException' });
  const twelve = Object.fromEntries(Object.entries(Details).slice(0, 12));
  const many = Array.from({ length: 250 }, (_, at) => item(`i${at}`, 'COMPLIANT', 'LOW', { Details: twelve }));
  await assert.rejects(put(id, 'Custom:A', many), { code: 'TotalSizeLimitExceededException' });
  for (let at = 0; at < 10; at += 1) await put(id, `Custom:T${at}`, [item('a')]);
  await assert.rejects(put(id, 'Custom:T10', [item('a')]), { code: 'ComplianceTypeCountLimitExceededException' });
  await put(id, 'Association', [item('a')]);
  const principal = { account: String(account), role: 'node', instanceId: id } as Principal;
  const other = { ...{ ResourceId: await addNode(2), ResourceType: 'ManagedInstance' }, ComplianceType: 'Association' };
  const foreign = call(
    'PutComplianceItems',
    { ...other, ExecutionSummary: { ExecutionTime }, Items: [] },
    { principal },
  );
  await assert.rejects(foreign, { code: 'AccessDeniedException' });
});

test('exactly one node of a known kind is listed', async () => {
  const list = (input: object) => call('ListComplianceItems', input);
  for (const ResourceIds of [undefined, ['a', 'b'], ['\0']])
    await assert.rejects(list({ ResourceIds }), { code: 'InvalidResourceId' });
  await assert.rejects(list({ ResourceIds: ['a'], ResourceTypes: ['Bucket'] }), { code: 'InvalidResourceType' });
  assert.deepEqual(await list({ ResourceIds: ['mi-00000000000000000'] }), { ComplianceItems: [] });
});

test('what the last patch operation found is the patch compliance, whatever was put', async () => {
  const id = await addNode(1);
  await put(id, 'Patch', [item('put')]);
  assert.deepEqual(idsOf(await items(id)), ['Patch put']);
  await addScan(id, [
    { name: 'openssl', state: 'MISSING', complianceLevel: 'HIGH', classification: 'Security', severity: 'high' },
    { name: 'bash', complianceLevel: 'CRITICAL', installedAt: new Date('2025-01-01T00:00:00Z') },
    { name: 'vim', state: 'NOT_APPLICABLE' },
  ]);
  const [bash, openssl, ...rest] = await items(id);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [bash?.Id, bash?.Title, bash?.Status, bash?.Severity, bash?.Details?.InstalledTime],
    ['bash.amd64', 'bash.amd64:1', 'COMPLIANT', 'CRITICAL', '2025-01-01T00:00:00.000Z'],
  );
  assert.deepEqual([openssl?.Title, openssl?.Status, openssl?.Severity], ['openssl.amd64:2', 'NON_COMPLIANT', 'HIGH']);
  assert.deepEqual(openssl?.Details, {
    PatchBaselineId: 'pb-0123456789abcdef0',
    PatchGroup: 'web',
    DocumentName: 'AWS-RunPatchBaseline',
    PatchState: 'Missing',
    Classification: 'Security',
    PatchSeverity: 'Important',
    InstalledTime: '',
  });
  const [summary, ...others] = await resources();
  assert.deepEqual(others, []);
  assert.deepEqual([summary?.Status, summary?.OverallSeverity], ['NON_COMPLIANT', 'HIGH']);
  assert.deepEqual(summary?.CompliantSummary?.SeveritySummary?.CriticalCount, 1);
  assert.deepEqual(summary?.NonCompliantSummary?.NonCompliantCount, 1);
});

test('evidence that is unknown or old is never compliant', async () => {
  const [unknown, old, fine] = [await addNode(1), await addNode(2), await addNode(3)];
  await addScan(unknown, [{}], { status: 'UNKNOWN', statusReasons: ['apt-get update failed'] });
  await addScan(old, [{}], { endedAt: new Date('2025-12-30T00:00:00Z') });
  await addScan(fine, [{}]);
  assert.deepEqual(
    (await resources()).map(({ ResourceId, Status, OverallSeverity, NonCompliantSummary }) => [
      ...[ResourceId, Status, OverallSeverity, NonCompliantSummary?.NonCompliantCount],
    ]),
    [
      [unknown, 'NON_COMPLIANT', 'UNSPECIFIED', 1],
      [old, 'NON_COMPLIANT', 'UNSPECIFIED', 1],
      [fine, 'COMPLIANT', 'UNSPECIFIED', 0],
    ],
  );
  const [evidence] = await items(unknown, [{ Key: 'Status', Values: ['NON_COMPLIANT'] }]);
  assert.deepEqual([evidence?.Id, evidence?.Title], ['kintsugi:unknown', 'Unknown: apt-get update failed']);
  assert.equal((await items(old, [{ Key: 'Status', Values: ['NON_COMPLIANT'] }])).length, 1);
});

test('summaries count nodes by the highest severity of what is not compliant on each', async () => {
  const [a, b, c] = [await addNode(1), await addNode(2), await addNode(3)];
  await addScan(a, [
    { name: 'x', state: 'MISSING', complianceLevel: 'MEDIUM' },
    { name: 'y', state: 'FAILED', complianceLevel: 'CRITICAL' },
    { name: 'z', state: 'INSTALLED_OTHER' },
  ]);
  await addScan(b, [{ state: 'INSTALLED', complianceLevel: 'CRITICAL' }]);
  await put(b, 'Association', [item('1'), item('2', 'NON_COMPLIANT', 'LOW')]);
  await put(c, 'Association', [item('1')]);
  const none = {
    CriticalCount: 0,
    HighCount: 0,
    MediumCount: 0,
    LowCount: 0,
    InformationalCount: 0,
    UnspecifiedCount: 0,
  };
  assert.deepEqual(await totals(), [
    {
      ComplianceType: 'Association',
      CompliantSummary: { CompliantCount: 1, SeveritySummary: { ...none, UnspecifiedCount: 1 } },
      NonCompliantSummary: { NonCompliantCount: 1, SeveritySummary: { ...none, LowCount: 1 } },
    },
    {
      ComplianceType: 'Patch',
      CompliantSummary: { CompliantCount: 1, SeveritySummary: { ...none, UnspecifiedCount: 1 } },
      NonCompliantSummary: { NonCompliantCount: 1, SeveritySummary: { ...none, CriticalCount: 1 } },
    },
  ]);
  const types = (await totals([{ Key: 'ComplianceType', Values: ['Patch'] }])).map(
    ({ ComplianceType }) => ComplianceType,
  );
  assert.deepEqual(types, ['Patch']);
  await assert.rejects(totals([{ Key: 'Colour', Values: ['red'] }]), { code: 'InvalidFilter' });
});

test('filters of every comparison', async () => {
  const id = await addNode(1);
  await put(id, 'Custom:A', [
    item('a1', 'COMPLIANT', 'LOW', { Title: 'alpha' }),
    item('a2', 'NON_COMPLIANT', 'HIGH', { Title: 'beta', Details: { PatchState: 'Missing' } }),
  ]);
  await put(id, 'Association', [item('z')], { ExecutionSummary: { ExecutionTime: new Date('2026-01-01T10:00:00Z') } });
  const find = async (Key: string, Type: string | undefined, ...Values: string[]) =>
    (await items(id, [{ Key, Values, ...(Type ? { Type } : {}) }])).map(({ Id }) => Id);
  assert.deepEqual(await find('Severity', undefined, 'LOW', 'HIGH'), ['a1', 'a2']);
  assert.deepEqual(await find('Id', 'BEGIN_WITH', 'a'), ['a1', 'a2']);
  assert.deepEqual(await find('Id', 'NOT_EQUAL', 'a1', 'z'), ['a2']);
  assert.deepEqual(await find('PatchState', 'EQUAL', 'Missing'), ['a2']);
  assert.deepEqual(await find('ExecutionTime', 'GREATER_THAN', '2026-01-01T09:00:00Z'), ['z']);
  assert.deepEqual(await find('ExecutionTime', 'LESS_THAN', '2026-01-01T09:00:00Z'), ['a1', 'a2']);
  assert.deepEqual(await find('ComplianceType', 'EQUAL', 'Association'), ['z']);
  assert.deepEqual(await find('Title', 'EQUAL', 'x\0'), []);
  await assert.rejects(find('ExecutionTime', 'EQUAL', 'noon'), { code: 'InvalidFilter' });
  await assert.rejects(find('Nothing', 'EQUAL', 'x'), { code: 'InvalidFilter' });
  await assert.rejects(find('Id', 'EQUAL'), { code: 'InvalidFilter' });
  const status = [{ Key: 'Status', Values: ['NON_COMPLIANT'] }];
  assert.deepEqual(
    (await resources(status)).map(({ ComplianceType }) => ComplianceType),
    ['Custom:A'],
  );
});

test('every list is paged through once each, whatever the size of a page', async () => {
  const expected: string[] = [];
  for (let number = 1; number <= 6; number += 1) {
    const id = await addNode(number);
    if (number % 2 === 0) await addScan(id, [{ state: 'MISSING' }]);
    for (const type of ['Association', 'Patch', 'Custom:Z']) await put(id, type, [item('1'), item('2')]);
    expected.push(...['Association', 'Custom:Z', 'Patch'].map((type) => `${type} ${id}`));
  }
  expected.sort();
  const walk = async (operation: string, input: object, member: string, MaxResults: number) => {
    const all: Record<string, unknown>[] = [];
    let NextToken: unknown;
    do {
      const answer = await call(operation, { ...input, MaxResults, ...(NextToken === undefined ? {} : { NextToken }) });
      all.push(...(answer[member] as Record<string, unknown>[]));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return all;
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (size) => {
      const rows = await walk('ListResourceComplianceSummaries', {}, 'ResourceComplianceSummaryItems', size);
      assert.deepEqual(
        rows.map((row) => `${row.ComplianceType} ${row.ResourceId}`),
        expected,
      );
      const types = await walk('ListComplianceSummaries', {}, 'ComplianceSummaryItems', size);
      assert.deepEqual(
        types.map(({ ComplianceType }) => ComplianceType),
        ['Association', 'Custom:Z', 'Patch'],
      );
      const of = { ResourceIds: [idOf(1)] };
      assert.equal((await walk('ListComplianceItems', of, 'ComplianceItems', size)).length, 6);
    }),
    { numRuns: 10 },
  );
  await dropCompliance(store.db, String(account), idOf(1));
  assert.deepEqual(await items(idOf(1)), []);
});
