import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { InventoryDeletionStatusItem } from '@aws-sdk/client-ssm';
import { addNode, nodeId } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { inventoryOperations } from './operations.ts';

const [a, b] = [nodeId('1', 1), nodeId('1', 2)];
let store: TestDatabase;
before(async () => {
  store = await testDatabase();
  for (const number of [1, 2]) await addNode(store.db, '1', number);
});
after(() => store.dispose());

const call = (operation: string, input: object) =>
  invoke(inventoryOperations, operation, fakeCall(store.db, { account: '1' }), input);
const put = (InstanceId: string, TypeName: string, SchemaVersion: string) => {
  const item = { TypeName, SchemaVersion, CaptureTime: '2026-01-01T00:00:00Z', Content: [{ v: SchemaVersion }] };
  return call('PutInventory', { InstanceId, Items: [item] });
};
const entries = async (TypeName: string) =>
  (await call('ListInventoryEntries', { InstanceId: a, TypeName })).Entries as object[];

test('a deletion counts, deletes, is told, and is the same for the same token', async () => {
  await put(a, 'Custom:D', '1.0');
  await put(b, 'Custom:D', '1.1');
  const remove = (more: object = {}) => call('DeleteInventory', { TypeName: 'Custom:D', ...more });
  const SummaryItems = ['1.0', '1.1'].map((Version) => ({ Version, Count: 1, RemainingCount: 1 }));
  const DeletionSummary = { TotalCount: 2, RemainingCount: 2, SummaryItems };
  assert.deepEqual(await remove({ DryRun: true }), { TypeName: 'Custom:D', DeletionSummary });
  assert.deepEqual(await entries('Custom:D'), [{ v: '1.0' }]);
  const ClientToken = randomUUID();
  const first = await remove({ ClientToken });
  assert.deepEqual(first.DeletionSummary, DeletionSummary);
  assert.deepEqual(await remove({ ClientToken }), first);
  await assert.rejects(remove({ ClientToken, SchemaDeleteOption: 'DeleteSchema' }), {
    code: 'InvalidDeleteInventoryParametersException',
  });
  assert.deepEqual(await entries('Custom:D'), []);
  const told = await call('DescribeInventoryDeletions', { DeletionId: first.DeletionId });
  const [status] = told.InventoryDeletions as InventoryDeletionStatusItem[];
  const { TotalCount, RemainingCount } = status?.DeletionSummary ?? {};
  assert.deepEqual([status?.LastStatus, TotalCount, RemainingCount], ['Complete', 2, 0]);
  await assert.rejects(call('DescribeInventoryDeletions', { DeletionId: randomUUID() }), {
    code: 'InvalidDeletionIdException',
  });
});

test('a disabled version is not taken any more, a later one is, and a deleted type can come again', async () => {
  await put(a, 'Custom:X', '1.1');
  await call('DeleteInventory', { TypeName: 'Custom:X', SchemaDeleteOption: 'DisableSchema' });
  await put(a, 'Custom:X', '1.0');
  await put(a, 'Custom:X', '1.1');
  assert.deepEqual(await entries('Custom:X'), []);
  await put(a, 'Custom:X', '1.2');
  assert.deepEqual(await entries('Custom:X'), [{ v: '1.2' }]);
  await call('DeleteInventory', { TypeName: 'Custom:X', SchemaDeleteOption: 'DeleteSchema' });
  for (const TypeName of ['Custom:X', 'AWS:Network', 'Custom:'])
    await assert.rejects(call('DeleteInventory', { TypeName }), { code: 'InvalidTypeNameException' });
  await put(a, 'Custom:X', '1.0');
  assert.deepEqual(await entries('Custom:X'), [{ v: '1.0' }]);
});

test('deletions are paged through, each once', async () => {
  for (const name of ['P1', 'P2']) {
    await put(a, `Custom:${name}`, '1.0');
    await call('DeleteInventory', { TypeName: `Custom:${name}` });
  }
  const ids: unknown[] = [];
  let NextToken: unknown;
  do {
    const page = await call('DescribeInventoryDeletions', { MaxResults: 2, ...(NextToken ? { NextToken } : {}) });
    ids.push(...(page.InventoryDeletions as InventoryDeletionStatusItem[]).map(({ DeletionId }) => DeletionId));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.equal(new Set(ids).size, 5);
  assert.equal(ids.length, 5);
});
