import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FoundKey } from '../control/access-keys/access-keys.ts';
import { rememberKeys } from './remembered-keys.ts';

function keysOf(...found: readonly Partial<FoundKey>[]) {
  const common = {
    account: '0',
    role: 'admin',
    secret: 's',
    instanceId: null,
    sessionTokenHash: null,
    expiresAt: null,
  };
  const store = new Map(found.map((key) => [key.accessKeyId, { ...common, ...key } as FoundKey]));
  const asked: string[] = [];
  const find = async (id: string) => {
    asked.push(id);
    return store.get(id) ?? null;
  };
  return { store, asked, keys: { find, ofNode: async () => null } };
}

describe('remembered keys', () => {
  it('are looked up once a second, so that a revoked one is out by then', async () => {
    let time = 0;
    const { store, asked, keys } = keysOf({ accessKeyId: 'A' });
    const remembered = rememberKeys(keys, () => time);
    for (time of [0, 500, 999]) assert.equal((await remembered.find('A'))?.accessKeyId, 'A');
    assert.deepEqual(asked, ['A']);
    store.delete('A');
    time = 1000;
    assert.equal(await remembered.find('A'), null);
  });

  it('are not those of nodes, nor ones that are not there', async () => {
    const { asked, keys } = keysOf({ accessKeyId: 'N', role: 'node' });
    const remembered = rememberKeys(keys, () => 0);
    for (const id of ['N', 'N', 'X', 'X']) await remembered.find(id);
    assert.deepEqual(asked, ['N', 'N', 'X', 'X']);
  });
});
