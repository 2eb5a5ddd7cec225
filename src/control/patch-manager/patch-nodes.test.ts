import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { debianUpdates, recordScan } from '../../../test/patch-scan.ts';
import { node } from '../../store/schema/nodes.ts';
import { patchGroupOf } from '../managed-nodes/nodes.ts';
import { putTags } from '../tags/tags.ts';
import { findPatchNode, forgetPatchNode, nodesOfPatchGroup, platformOf } from './patch-nodes.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const platforms: [string, string, string | null, string | null][] = [
  ['Debian GNU/Linux', '12', 'DEBIAN', 'Debian12'],
  ['Ubuntu', '22.04', 'UBUNTU', 'Ubuntu22.04'],
  ['Amazon Linux', '2023', 'AMAZON_LINUX_2023', 'AmazonLinux2023'],
  ['Amazon Linux', '2', 'AMAZON_LINUX_2', 'AmazonLinux2'],
  ['Amazon Linux AMI', '2018.03', 'AMAZON_LINUX', 'AmazonLinux2018.03'],
  ['Red Hat Enterprise Linux Server', '7.4', 'REDHAT_ENTERPRISE_LINUX', 'RedhatEnterpriseLinux7.4'],
  ['Microsoft Windows Server 2012 R2 Standard', '6.3.9600', 'WINDOWS', 'WindowsServer2012R2'],
  ['SLES', '15.4', 'SUSE', 'Suse15.4'],
  ['Plan 9', '4', null, null],
  ['', '', null, null],
];
for (const [name, version, operatingSystem, product] of platforms) {
  test(`${name || 'a platform without a name'} ${version} is ${product ?? 'nothing that baselines are for'}`, () => {
    assert.deepEqual(platformOf(name, version), { operatingSystem, product });
  });
}

const call = () => ({ db: store.db, account: '000000000000' });

test('a node is known by what its agent says, better by its last scan, and forgotten with its packages', async () => {
  const registered = { activationId: 'a', iamRole: 'r', registeredAt: new Date(0), fingerprint: 'f' };
  const ubuntu = { platformName: 'Ubuntu', platformVersion: '24.04', publicKey: Buffer.alloc(1) };
  await store.db.insert(node).values({ account: '000000000000', instanceId: 'mi-1', ...registered, ...ubuntu });
  assert.equal((await findPatchNode(call(), 'mi-1'))?.product, 'Ubuntu24.04');
  await recordScan(store.db, { instanceId: 'mi-1', inventory: debianUpdates() });
  assert.deepEqual(await findPatchNode(call(), 'mi-1'), { operatingSystem: 'DEBIAN', product: 'Debian12' });
  await forgetPatchNode(store.db, '000000000000', 'mi-1');
  assert.equal((await findPatchNode(call(), 'mi-1'))?.product, 'Ubuntu24.04');
  assert.equal(await findPatchNode(call(), 'mi-2'), null);
});

test('the nodes of a group are exactly those whose group it is', async () => {
  const tags: Record<string, [string, string][]> = {
    'mi-a': [['Patch Group', 'web']],
    'mi-b': [['PatchGroup', 'web']],
    'mi-c': [
      ['Patch Group', 'db'],
      ['PatchGroup', 'web'],
    ],
    'mi-d': [
      ['Patch Group', ''],
      ['PatchGroup', 'web'],
    ],
    'mi-e': [['patch group', 'web']],
    'mi-f': [
      ['Patch Group', 'web'],
      ['PatchGroup', 'web'],
    ],
  };
  for (const [id, pairs] of Object.entries(tags)) {
    const list = pairs.map(([Key, Value]) => ({ Key, Value }));
    await putTags(store.db, '000000000000', 'ManagedInstance', id, list);
  }
  const found = await nodesOfPatchGroup(store.db, '000000000000', 'web');
  assert.deepEqual(found, ['mi-a', 'mi-b', 'mi-d', 'mi-f']);
  for (const id of Object.keys(tags))
    assert.equal((await patchGroupOf(store.db, '000000000000', id)) === 'web', found.includes(id), id);
});
