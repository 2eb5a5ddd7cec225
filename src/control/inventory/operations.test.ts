import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { InventoryItemSchema, InventoryResultEntity } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { addNode, NODE_TIME } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import type { Call, Principal } from '../call.ts';
import { dropInventory, inventoryOperations } from './operations.ts';

let store: TestDatabase;
let account = 100;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());
beforeEach(() => {
  account += 1;
});

const call = (operation: string, input: object, given: Partial<Call> = {}) =>
  invoke(
    inventoryOperations,
    operation,
    fakeCall(store.db, { account: String(account), now: NODE_TIME, ...given }),
    input,
  );
const newNode = (number: number, more?: object) => addNode(store.db, String(account), number, more);
const item = (TypeName: string, Content?: object[], more: object = {}) => ({
  TypeName,
  SchemaVersion: '1.0',
  CaptureTime: '2026-01-01T00:00:00Z',
  ...(Content === undefined ? {} : { Content }),
  ...more,
});
const put = (InstanceId: string, ...Items: object[]) => call('PutInventory', { InstanceId, Items });
const entries = async (InstanceId: string, TypeName: string, more: object = {}) =>
  (await call('ListInventoryEntries', { InstanceId, TypeName, ...more })).Entries;

test('what a node tells is listed as it was told, control characters and all', async () => {
  const id = await newNode(1);
  const Content = [{ a: '<b>&\'"\\ é\u2028 tab\t nl\n end', z: '' }, { k: 'v2' }];
  await put(id, item('Custom:T1', Content, { ContentHash: 'TOTV+R20XfcAT1KVG/ZVGQ==' }), item('AWS:Network', []));
  assert.deepEqual(await call('ListInventoryEntries', { InstanceId: id, TypeName: 'Custom:T1' }), {
    TypeName: 'Custom:T1',
    InstanceId: id,
    SchemaVersion: '1.0',
    CaptureTime: '2026-01-01T00:00:00Z',
    Entries: Content,
  });
  assert.deepEqual(await entries(id, 'AWS:Application'), []);
  await put(id, item('AWS:Service', [{ Name: 'bad\0name', 'k\0': '\ud800' }]));
  assert.deepEqual(await entries(id, 'AWS:Service'), [{ Name: 'bad\ufffdname', 'k\ufffd': '\ufffd' }]);
});

test('a hash without content keeps the content told before, and is refused where that is not here', async () => {
  const id = await newNode(1);
  const later = { CaptureTime: '2026-01-02T00:00:00Z' };
  await put(id, item('Custom:A', [{ n: '1' }], { ContentHash: 'h1' }));
  await put(id, item('Custom:A', undefined, { ContentHash: 'h1', ...later }));
  const kept = await call('ListInventoryEntries', { InstanceId: id, TypeName: 'Custom:A' });
  assert.deepEqual([kept.CaptureTime, kept.Entries], [later.CaptureTime, [{ n: '1' }]]);
  const mismatch = { code: 'ItemContentMismatchException', fields: { TypeName: 'Custom:A' } };
  await assert.rejects(put(id, item('Custom:A', undefined, { ContentHash: 'h2' })), mismatch);
  await assert.rejects(put(await newNode(2), item('Custom:A', undefined, { ContentHash: 'h1' })), mismatch);
  const mixed = [item('AWS:Network', [{ Name: 'eth0' }]), item('Custom:A', undefined, { ContentHash: 'h2' })];
  await assert.rejects(put(id, ...mixed), mismatch);
  assert.deepEqual(await entries(id, 'AWS:Network'), []);
  await put(id, item('Custom:A', [{ n: '2' }], { ContentHash: 'h2' }));
  assert.deepEqual(await entries(id, 'Custom:A'), [{ n: '2' }]);
  await assert.rejects(put(id, item('Custom:A')), { code: 'InvalidItemContentException' });
});

test('what is no inventory is refused, each with its error', async () => {
  const id = await newNode(1);
  const table: [object[], string][] = [
    [[item('AWS:Nothing', [])], 'InvalidTypeNameException'],
    [[item('Custom:', [])], 'InvalidTypeNameException'],
    [[item('AWS:InstanceInformation', [])], 'InvalidTypeNameException'],
    [[item('AWS:Network', [], { SchemaVersion: '9.0' })], 'UnsupportedInventorySchemaVersionException'],
    [[item('Custom:A', []), item('Custom:A', [])], 'InvalidItemContentException'],
    [[item('Custom:A', [], { Context: { ExecutionId: 'x' } })], 'UnsupportedInventoryItemContextException'],
    [[item('AWS:ComplianceItem', [], { Context: { Other: 'x' } })], 'InvalidInventoryItemContextException'],
    [[item('Custom:A', Array(800).fill({ a: 'x'.repeat(4096) }))], 'ItemSizeLimitExceededException'],
  ];
  for (const [items, code] of table) await assert.rejects(put(id, ...items), { code });
  const large = Array(700).fill({ a: 'x'.repeat(4096) });
  const four = ['A', 'B', 'C', 'D'].map((name) => item(`Custom:${name}`, large));
  await assert.rejects(put(id, ...four), { code: 'TotalSizeLimitExceededException' });
  await assert.rejects(put('mi-00000000000000000', item('Custom:A', [])), { code: 'InvalidInstanceId' });
});

test('a node speaks for itself alone', async () => {
  const [own, other] = [await newNode(1), await newNode(2)];
  const principal = { account: String(account), role: 'node', instanceId: own } as Principal;
  await call('PutInventory', { InstanceId: own, Items: [item('Custom:A', [])] }, { principal });
  const foreign = call('PutInventory', { InstanceId: other, Items: [item('Custom:A', [])] }, { principal });
  await assert.rejects(foreign, { code: 'AccessDeniedException' });
});

test('an account has twenty custom types at the most, also when they come at the same time', async () => {
  const id = await newNode(1);
  const other = await newNode(2);
  const types = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => item(`Custom:T${from + at}`, [{ a: 'b' }]));
  await put(id, ...types(0, 10));
  const race = await Promise.allSettled([put(id, ...types(10, 18)), put(other, ...types(14, 24))]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await put(id, ...types(0, 10));
});

test('nodes and entries are paged through once each, whatever the size of a page', async () => {
  const ids: string[] = [];
  for (let number = 1; number <= 7; number += 1) ids.push(await newNode(number));
  const Content = Array.from({ length: 23 }, (_, at) => ({ n: String(at) }));
  await put(ids[0] ?? '', item('Custom:N', Content));
  const walk = async (operation: string, input: object, member: string, MaxResults: number) => {
    const all: unknown[] = [];
    let NextToken: unknown;
    do {
      const answer = await call(operation, { ...input, MaxResults, ...(NextToken === undefined ? {} : { NextToken }) });
      all.push(...(answer[member] as unknown[]));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return all;
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (size) => {
      const nodes = (await walk('GetInventory', {}, 'Entities', size)) as InventoryResultEntity[];
      assert.deepEqual(
        nodes.map(({ Id }) => Id),
        ids,
      );
      const of = { InstanceId: ids[0], TypeName: 'Custom:N' };
      assert.deepEqual(await walk('ListInventoryEntries', of, 'Entries', size), Content);
      const Filters = [{ Key: 'n', Values: ['20'], Type: 'LessThan' }];
      assert.deepEqual(await walk('ListInventoryEntries', { ...of, Filters }, 'Entries', size), Content.slice(0, 20));
    }),
    { numRuns: 12 },
  );
});

test('schemas are of the service and of the custom types that were told', async () => {
  const id = await newNode(1);
  await put(id, item('Custom:S', [{ a: '1' }, { b: '2' }]));
  await put(id, item('Custom:S', [{ c: '1' }], { SchemaVersion: '1.10' }));
  const schemas = async (input: object) => (await call('GetInventorySchema', input)).Schemas as InventoryItemSchema[];
  const [own] = await schemas({ TypeName: 'Custom:S' });
  assert.equal(own?.Version, '1.10');
  assert.deepEqual(
    own?.Attributes?.map(({ Name }) => Name),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(await schemas({ Aggregator: true }), [
    {
      TypeName: 'AWS:InstanceInformation',
      Version: '1.0',
      Attributes: ['PlatformName', 'PlatformType', 'PlatformVersion'].map((Name) => ({ Name, DataType: 'string' })),
    },
  ]);
  const all = (await schemas({})).map(({ TypeName, Version }) => `${TypeName} ${Version}`);
  assert.ok(all.includes('AWS:Application 1.1') && all.includes('Custom:S 1.10'));
  await assert.rejects(schemas({ TypeName: 'AWS:None' }), { code: 'InvalidTypeNameException' });
});

test('entries are filtered by attribute, and the inventory of a node that leaves goes with it', async () => {
  const id = await newNode(1);
  const packages = [{ Name: 'a', Epoch: '9' }, { Name: 'b', Epoch: '10' }, { Name: 'ab' }];
  await put(id, item('AWS:Application', packages));
  const by = (Key: string, Values: string[], Type?: string) =>
    entries(id, 'AWS:Application', { Filters: [{ Key, Values, ...(Type ? { Type } : {}) }] });
  const names = (list: unknown) => (list as { Name: string }[]).map(({ Name }) => Name);
  assert.deepEqual(names(await by('Name', ['a', 'b'])), ['a', 'b']);
  assert.deepEqual(names(await by('AWS:Application.Name', ['a'], 'BeginWith')), ['a', 'ab']);
  assert.deepEqual(names(await by('Epoch', ['9'], 'GreaterThan')), ['b']);
  assert.deepEqual(names(await by('Name', ['a'], 'NotEqual')), ['b', 'ab']);
  await assert.rejects(by('Name', ['a'], 'Exists'), { code: 'InvalidFilter' });
  await assert.rejects(entries('mi-00000000000000000', 'AWS:Application'), { code: 'InvalidInstanceId' });
  await dropInventory(store.db, String(account), id);
  assert.deepEqual(await entries(id, 'AWS:Application'), []);
});
