import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { sql } from 'drizzle-orm';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { sealerOf } from '../../store/sealer.ts';
import {
  createAccessKey,
  createNodeCredentials,
  dropExpiredCredentials,
  findAccessKey,
  hashOfToken,
  listAccessKeys,
  revokeAccessKey,
  revokeNodeCredentials,
} from './access-keys.ts';

const ACCOUNT = '000000000000';
const NOW = new Date('2026-11-22T12:00:00Z');

describe('access keys', () => {
  const sealer = sealerOf(randomBytes(32));
  let store: TestDatabase;
  before(async () => {
    store = await testDatabase();
  });
  after(() => store.dispose());

  it('are found with their secret, which the database does not hold in clear', async () => {
    const key = await createAccessKey(store.db, sealer, { account: ACCOUNT, role: 'operator', now: NOW });
    assert.match(key.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.equal(key.secretAccessKey.length, 40);
    const found = await findAccessKey(store.db, sealer, key.accessKeyId);
    assert.deepEqual(found, {
      accessKeyId: key.accessKeyId,
      account: ACCOUNT,
      role: 'operator',
      secret: key.secretAccessKey,
      instanceId: null,
      sessionTokenHash: null,
      expiresAt: null,
    });
    const { rows } = await store.db.execute<{ secret: Buffer }>(sql`SELECT secret FROM access_key`);
    assert.ok(rows.length > 0 && rows.every(({ secret }) => !secret.includes(key.secretAccessKey)));
    assert.equal(await findAccessKey(store.db, sealer, 'AKIAAAAAAAAAAAAAAAAA'), null);
  });

  it('are gone once revoked, by their own account alone', async () => {
    const { accessKeyId } = await createAccessKey(store.db, sealer, { account: ACCOUNT, role: 'viewer', now: NOW });
    assert.equal(await revokeAccessKey(store.db, '111111111111', accessKeyId, NOW), false);
    assert.equal(await revokeAccessKey(store.db, ACCOUNT, accessKeyId, NOW), true);
    assert.equal(await revokeAccessKey(store.db, ACCOUNT, accessKeyId, NOW), false);
    assert.equal(await findAccessKey(store.db, sealer, accessKeyId), null);
    const listed = await listAccessKeys(store.db, ACCOUNT);
    assert.deepEqual(listed.find((key) => key.accessKeyId === accessKeyId)?.revokedAt, NOW);
    assert.deepEqual(await listAccessKeys(store.db, '111111111111'), []);
  });

  it('of a node carry a session token and an end, and go with the node', async () => {
    const node = { account: ACCOUNT, instanceId: 'mi-0123456789abcdef0', now: NOW, seconds: 3600 };
    const credentials = await createNodeCredentials(store.db, sealer, node);
    assert.match(credentials.accessKeyId, /^ASIA/);
    assert.deepEqual(credentials.expiresAt, new Date('2026-11-22T13:00:00Z'));
    const found = await findAccessKey(store.db, sealer, credentials.accessKeyId);
    assert.equal(found?.role, 'node');
    assert.equal(found?.instanceId, node.instanceId);
    assert.deepEqual(found?.expiresAt, credentials.expiresAt);
    assert.deepEqual(found?.sessionTokenHash, hashOfToken(credentials.sessionToken));
    assert.ok(!(await listAccessKeys(store.db, ACCOUNT)).some(({ role }) => role === 'node'));
    await revokeNodeCredentials(store.db, ACCOUNT, node.instanceId);
    assert.equal(await findAccessKey(store.db, sealer, credentials.accessKeyId), null);
  });

  it('are dropped a day after their end, not before', async () => {
    const node = { account: ACCOUNT, instanceId: 'mi-0123456789abcdef1', now: NOW, seconds: 3600 };
    const { accessKeyId } = await createNodeCredentials(store.db, sealer, node);
    assert.equal(await dropExpiredCredentials(store.db, new Date('2026-11-23T12:59:00Z')), 0);
    assert.notEqual(await findAccessKey(store.db, sealer, accessKeyId), null);
    assert.equal(await dropExpiredCredentials(store.db, new Date('2026-11-23T13:01:00Z')), 1);
    assert.equal(await findAccessKey(store.db, sealer, accessKeyId), null);
  });
});
