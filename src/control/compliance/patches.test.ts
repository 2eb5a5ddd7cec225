import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ComplianceItem, ComplianceSummaryItem, ResourceComplianceSummaryItem } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { addNode, nodeId } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { patchResult, patchState } from '../../store/schema/patch.ts';
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

const call = (operation: string, input: object) =>
  invoke(complianceOperations, operation, fakeCall(store.db, { account: String(account), now }), input);
const newNode = (number: number, more?: object) => addNode(store.db, String(account), number, more);

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

test('what the last patch operation found is the patch compliance, whatever was put', async () => {
  const id = await newNode(1);
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
  const [unknown, old, fine] = [await newNode(1), await newNode(2), await newNode(3)];
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
  const [a, b, c] = [await newNode(1), await newNode(2), await newNode(3)];
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

test('every list is paged through once each, whatever the size of a page', async () => {
  const expected: string[] = [];
  for (let number = 1; number <= 6; number += 1) {
    const id = await newNode(number);
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
      const of = { ResourceIds: [nodeId(String(account), 1)] };
      assert.equal((await walk('ListComplianceItems', of, 'ComplianceItems', size)).length, 6);
    }),
    { numRuns: 10 },
  );
  await dropCompliance(store.db, String(account), nodeId(String(account), 1));
  assert.deepEqual(await items(nodeId(String(account), 1)), []);
});
