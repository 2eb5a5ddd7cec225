import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { InventoryItemSchema, InventoryResultEntity } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call, Principal } from '../call.ts';
import { dropInventory, inventoryOperations } from './operations.ts';

let store: TestDatabase;
let account = 100;
const now = new Date('2026-01-01T00:00:00Z');
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());
beforeEach(() => {
  account += 1;
});

const idOf = (number: number) => `mi-${String(account).padStart(5, '0')}${String(number).padStart(12, '0')}`;
const call = (operation: string, input: object, given: Partial<Call> = {}) =>
  invoke(inventoryOperations, operation, fakeCall(store.db, { account: String(account), now, ...given }), input);

async function addNode(number: number, more: Partial<typeof node.$inferInsert> = {}): Promise<string> {
  const instanceId = idOf(number);
  const fixed = { activationId: 'a', iamRole: 'r', fingerprint: 'f', publicKey: Buffer.of(1), registeredAt: now };
  const told = { lastPingAt: now, platformType: 'Linux', platformName: 'Debian GNU/Linux', platformVersion: '12' };
  await store.db.insert(node).values({ account: String(account), instanceId, ...fixed, ...told, ...more });
  return instanceId;
}
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
const found = async (Filters: object[], more: object = {}) =>
  ((await call('GetInventory', { Filters, ...more })).Entities as InventoryResultEntity[]).map(({ Id }) => Id);

test('what a node tells is listed as it was told, control characters and all', async () => {
  const id = await addNode(1);
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
  const id = await addNode(1);
  const later = { CaptureTime: '2026-01-02T00:00:00Z' };
  await put(id, item('Custom:A', [{ n: '1' }], { ContentHash: 'h1' }));
  await put(id, item('Custom:A', undefined, { ContentHash: 'h1', ...later }));
  const kept = await call('ListInventoryEntries', { InstanceId: id, TypeName: 'Custom:A' });
  assert.deepEqual([kept.CaptureTime, kept.Entries], [later.CaptureTime, [{ n: '1' }]]);
  const mismatch = { code: 'ItemContentMismatchException', fields: { TypeName: 'Custom:A' } };
  await assert.rejects(put(id, item('Custom:A', undefined, { ContentHash: 'h2' })), mismatch);
  await assert.rejects(put(await addNode(2), item('Custom:A', undefined, { ContentHash: 'h1' })), mismatch);
  const mixed = [item('AWS:Network', [{ Name: 'eth0' }]), item('Custom:A', undefined, { ContentHash: 'h2' })];
  await assert.rejects(put(id, ...mixed), mismatch);
  assert.deepEqual(await entries(id, 'AWS:Network'), []);
  await put(id, item('Custom:A', [{ n: '2' }], { ContentHash: 'h2' }));
  assert.deepEqual(await entries(id, 'Custom:A'), [{ n: '2' }]);
  await assert.rejects(put(id, item('Custom:A')), { code: 'InvalidItemContentException' });
});

test('what is no inventory is refused, each with its error', async () => {
  const id = await addNode(1);
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
  const [own, other] = [await addNode(1), await addNode(2)];
  const principal = { account: String(account), role: 'node', instanceId: own } as Principal;
  await call('PutInventory', { InstanceId: own, Items: [item('Custom:A', [])] }, { principal });
  const foreign = call('PutInventory', { InstanceId: other, Items: [item('Custom:A', [])] }, { principal });
  await assert.rejects(foreign, { code: 'AccessDeniedException' });
});

test('an account has twenty custom types at the most, also when they come at the same time', async () => {
  const id = await addNode(1);
  const other = await addNode(2);
  const types = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => item(`Custom:T${from + at}`, [{ a: 'b' }]));
  await put(id, ...types(0, 10));
  const race = await Promise.allSettled([put(id, ...types(10, 18)), put(other, ...types(14, 24))]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await put(id, ...types(0, 10));
});

test('filters find the nodes that have one entry which meets them all', async () => {
  const [a, b] = [await addNode(1), await addNode(2)];
  const c = await addNode(3, { platformName: 'Ubuntu', platformVersion: '24.04' });
  const packages = [
    { Name: 'openssl', Version: '3.0.1' },
    { Name: 'bash', Version: '5' },
  ];
  await put(a, item('AWS:Application', packages));
  await put(b, item('AWS:Application', [{ Name: 'openssl', Version: '3.0.2' }]));
  await put(c, item('Custom:My.Rack', [{ Bay: '10' }]));
  const filter = (Key: string, Values: string[], Type?: string) => ({ Key, Values, ...(Type ? { Type } : {}) });
  const name = filter('AWS:Application.Name', ['openssl']);
  const table: [object[], string[]][] = [
    [[name], [a, b]],
    [[name, filter('AWS:Application.Version', ['5'])], []],
    [[name, filter('AWS:Application.Version', ['3.0.2', '9'])], [b]],
    [[filter('AWS:Application.Name', ['openssl'], 'NotEqual')], [a]],
    [[filter('AWS:Application.Version', ['3.'], 'BeginWith')], [a, b]],
    [[filter('Custom:My.Rack.Bay', ['9'], 'GreaterThan')], [c]],
    [[filter('Custom:My.Rack.Bay', ['9'], 'LessThan')], []],
    [[filter('AWS:InstanceInformation.PlatformName', ['Deb'], 'BeginWith')], [a, b]],
    [[filter('AWS:InstanceInformation.InstanceStatus', ['Active'])], [a, b, c]],
    [[name, filter('AWS:InstanceInformation.InstanceId', [b, c])], [b]],
    [[filter('AWS:Application.Name', ['x\0'])], []],
  ];
  for (const [filters, ids] of table) assert.deepEqual(await found(filters), ids, JSON.stringify(filters));
  for (const key of ['Name', 'AWS:Application\0.Name', 'AWS:Application.Na\0me'])
    await assert.rejects(found([filter(key, ['x'])]), { code: 'InvalidFilter' });
  await assert.rejects(found([filter('AWS:None.Name', ['x'])]), { code: 'InvalidTypeNameException' });
  await assert.rejects(found([filter('AWS:Application.Name', ['x'], 'Exists')]), { code: 'InvalidFilter' });
});

test('entities carry what the heartbeat told, or the type that is asked for', async () => {
  const told = { agentName: 'amazon-ssm-agent', agentVersion: '3.3', computerName: 'web1', ipAddress: '10.0.0.1' };
  const id = await addNode(1, told);
  await addNode(2, { lastPingAt: null });
  await put(id, item('AWS:Network', [{ Name: 'eth0' }], { ContentHash: 'h' }));
  const { Entities } = await call('GetInventory', {});
  const [first, second] = Entities as InventoryResultEntity[];
  assert.deepEqual(first?.Data?.['AWS:InstanceInformation'], {
    TypeName: 'AWS:InstanceInformation',
    SchemaVersion: '1.0',
    CaptureTime: '2026-01-01T00:00:00Z',
    Content: [
      {
        AgentType: 'amazon-ssm-agent',
        AgentVersion: '3.3',
        ComputerName: 'web1',
        InstanceId: id,
        InstanceStatus: 'Active',
        IpAddress: '10.0.0.1',
        PlatformName: 'Debian GNU/Linux',
        PlatformType: 'Linux',
        PlatformVersion: '12',
        ResourceType: 'ManagedInstance',
      },
    ],
  });
  assert.equal(second?.Data?.['AWS:InstanceInformation']?.Content?.[0]?.InstanceStatus, 'ConnectionLost');
  const network = await call('GetInventory', { ResultAttributes: [{ TypeName: 'AWS:Network' }] });
  const [withIt, without] = network.Entities as InventoryResultEntity[];
  assert.deepEqual(withIt?.Data?.['AWS:Network']?.Content, [{ Name: 'eth0' }]);
  assert.equal(withIt?.Data?.['AWS:Network']?.ContentHash, 'h');
  assert.deepEqual(without?.Data, {});
});

test('a page ends before its content grows too large, and the next one goes on', async () => {
  const large = Array(700).fill({ a: 'x'.repeat(4096) });
  for (let number = 1; number <= 4; number += 1) await put(await addNode(number), item('Custom:Big', large));
  const ask = (more: object) => call('GetInventory', { ResultAttributes: [{ TypeName: 'Custom:Big' }], ...more });
  const first = await ask({});
  const second = await ask({ NextToken: first.NextToken });
  const ids = [first, second].map(({ Entities }) => (Entities as InventoryResultEntity[]).map(({ Id }) => Id));
  assert.deepEqual(ids, [
    [idOf(1), idOf(2)],
    [idOf(3), idOf(4)],
  ]);
  assert.equal(second.NextToken, undefined);
});

test('nodes and entries are paged through once each, whatever the size of a page', async () => {
  const ids: string[] = [];
  for (let number = 1; number <= 7; number += 1) ids.push(await addNode(number));
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

test('aggregators count nodes by value, by combination and by group', async () => {
  const a = await addNode(1);
  await addNode(2, { platformVersion: '13' });
  await addNode(3, { platformName: 'Ubuntu', platformVersion: '24.04' });
  await put(a, item('AWS:Application', [{ Name: 'nginx' }, { Name: 'bash' }, { Name: 'bash', Version: '2' }]));
  const count = async (aggregator: object, Filters?: object[]) => {
    const { Entities } = await call('GetInventory', { Aggregators: [aggregator], ...(Filters ? { Filters } : {}) });
    const [entity] = Entities as InventoryResultEntity[];
    return Object.values(entity?.Data ?? {})[0]?.Content;
  };
  const Expression = 'AWS:InstanceInformation.PlatformName';
  assert.deepEqual(await count({ Expression }), [
    { PlatformName: 'Debian GNU/Linux', Count: '2' },
    { PlatformName: 'Ubuntu', Count: '1' },
  ]);
  const Aggregators = [{ Expression: 'AWS:InstanceInformation.PlatformVersion' }];
  assert.deepEqual(await count({ Expression, Aggregators }), [
    { PlatformName: 'Debian GNU/Linux', PlatformVersion: '12', Count: '1' },
    { PlatformName: 'Debian GNU/Linux', PlatformVersion: '13', Count: '1' },
    { PlatformName: 'Ubuntu', PlatformVersion: '24.04', Count: '1' },
  ]);
  assert.deepEqual(await count({ Expression: 'AWS:Application.Name' }), [
    { Name: 'bash', Count: '1' },
    { Name: 'nginx', Count: '1' },
  ]);
  const exists = [{ Key: 'AWS:Application.Name', Values: ['*'], Type: 'Exists' }];
  assert.deepEqual(await count({ Expression }, exists), [{ PlatformName: 'Debian GNU/Linux', Count: '1' }]);
  const Groups = [{ Name: 'web', Filters: [{ Key: 'AWS:Application.Name', Values: ['nginx'] }] }];
  assert.deepEqual(await count({ Groups }), [{ GroupName: 'web', matchingCount: '1', notMatchingCount: '2' }]);
  assert.deepEqual(await count({ Expression, Groups }), [
    { GroupName: 'web', PlatformName: 'Debian GNU/Linux', matchingCount: '1', notMatchingCount: '1' },
    { GroupName: 'web', PlatformName: 'Ubuntu', matchingCount: '0', notMatchingCount: '1' },
  ]);
  for (const aggregator of [{}, { Expression: 'x' }, { Expression, Aggregators: [...Aggregators, ...Aggregators] }])
    await assert.rejects(count(aggregator), { code: 'InvalidAggregatorException' });
  await assert.rejects(count({ Groups: [{ Name: 'x', Filters: [{ Key: 'x', Values: ['y'] }] }] }), {
    code: 'InvalidInventoryGroupException',
  });
});

test('schemas are of the service and of the custom types that were told', async () => {
  const id = await addNode(1);
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
  const id = await addNode(1);
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
