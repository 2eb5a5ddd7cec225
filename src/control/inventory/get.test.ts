import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { InventoryResultEntity } from '@aws-sdk/client-ssm';
import { addNode, NODE_TIME, nodeId } from '../../../test/add-node.ts';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { inventoryOperations } from './operations.ts';

let store: TestDatabase;
let account = 100;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());
beforeEach(() => {
  account += 1;
});

const call = (operation: string, input: object) =>
  invoke(inventoryOperations, operation, fakeCall(store.db, { account: String(account), now: NODE_TIME }), input);
const newNode = (number: number, more?: object) => addNode(store.db, String(account), number, more);
const item = (TypeName: string, Content?: object[], more: object = {}) => ({
  TypeName,
  SchemaVersion: '1.0',
  CaptureTime: '2026-01-01T00:00:00Z',
  ...(Content === undefined ? {} : { Content }),
  ...more,
});
const put = (InstanceId: string, ...Items: object[]) => call('PutInventory', { InstanceId, Items });
const found = async (Filters: object[], more: object = {}) =>
  ((await call('GetInventory', { Filters, ...more })).Entities as InventoryResultEntity[]).map(({ Id }) => Id);

test('filters find the nodes that have one entry which meets them all', async () => {
  const [a, b] = [await newNode(1), await newNode(2)];
  const c = await newNode(3, { platformName: 'Ubuntu', platformVersion: '24.04' });
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
  const id = await newNode(1, told);
  await newNode(2, { lastPingAt: null });
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
  for (let number = 1; number <= 4; number += 1) await put(await newNode(number), item('Custom:Big', large));
  const ask = (more: object) => call('GetInventory', { ResultAttributes: [{ TypeName: 'Custom:Big' }], ...more });
  const first = await ask({});
  const second = await ask({ NextToken: first.NextToken });
  const ids = [first, second].map(({ Entities }) => (Entities as InventoryResultEntity[]).map(({ Id }) => Id));
  assert.deepEqual(ids, [
    [nodeId(String(account), 1), nodeId(String(account), 2)],
    [nodeId(String(account), 3), nodeId(String(account), 4)],
  ]);
  assert.equal(second.NextToken, undefined);
});

test('aggregators count nodes by value, by combination and by group', async () => {
  const a = await newNode(1);
  await newNode(2, { platformVersion: '13' });
  await newNode(3, { platformName: 'Ubuntu', platformVersion: '24.04' });
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
