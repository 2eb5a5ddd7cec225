import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ComplianceItem, ComplianceSummaryItem, ResourceComplianceSummaryItem } from '@aws-sdk/client-ssm';
import { addNode } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import type { Call, Principal } from '../call.ts';
import { complianceOperations } from './operations.ts';

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

const call = (operation: string, input: object, given: Partial<Call> = {}) =>
  invoke(complianceOperations, operation, fakeCall(store.db, { account: String(account), now, ...given }), input);
const newNode = (number: number, more?: object) => addNode(store.db, String(account), number, more);

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
  const id = await newNode(1);
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
  const id = await newNode(1);
  await put(id, 'Custom:A', [item('a')], { ItemContentHash: 'h' });
  await put(id, 'Custom:A', [item('b')], { ItemContentHash: 'h' });
  assert.deepEqual(idsOf(await items(id)), ['Custom:A a']);
  await put(id, 'Custom:A', [item('b')], { ItemContentHash: 'i' });
  assert.deepEqual(idsOf(await items(id)), ['Custom:A b']);
  await put(id, 'Custom:A', [item('c')]);
  assert.deepEqual(idsOf(await items(id)), ['Custom:A c']);
});

test('a partial report of associations leaves the others as they are', async () => {
  const id = await newNode(1);
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
  const id = await newNode(1);
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
  const other = { ...{ ResourceId: await newNode(2), ResourceType: 'ManagedInstance' }, ComplianceType: 'Association' };
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

test('filters of every comparison', async () => {
  const id = await newNode(1);
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
