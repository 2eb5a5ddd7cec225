import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { FOUND, NODE, smallServices } from '../../test/small-services.ts';
import { createNodeCredentials, revokeAccessKey } from '../control/access-keys/access-keys.ts';
import { verifyAudit } from '../control/audit/verify.ts';

const ACCOUNT = '000000000000';

describe('the callers of the gateway, and what is recorded of them', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ services: () => smallServices });
  });
  after(() => server.dispose());

  const entries = async (operation: string) => {
    const { rows } = await server.store.db.execute<{ result: string; input: object; principal: string }>(
      sql`SELECT result, input, principal FROM audit_entry WHERE operation = ${operation} ORDER BY sequence`,
    );
    return rows;
  };
  const node = () => {
    const one = { account: ACCOUNT, instanceId: NODE, now: new Date(), seconds: 60 };
    return createNodeCredentials(server.store.db, server.sealer, one);
  };

  it('refuses callers it does not know, and says how', async () => {
    const call = (credentials: Parameters<TestServer['call']>[3]) =>
      server.call('ssm', 'GetPatchBaseline', { BaselineId: FOUND }, credentials);
    const code = async (credentials: Parameters<TestServer['call']>[3]) => (await call(credentials)).json.__type;
    assert.equal(await code(null), 'MissingAuthenticationTokenException');
    assert.equal(await code({ ...server.admin, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }), 'UnrecognizedClientException');
    assert.equal(await code({ ...server.admin, accessKeyId: NODE }), 'UnrecognizedClientException');
    assert.equal(await code({ ...server.admin, secretAccessKey: 'wrong' }), 'InvalidSignatureException');
    assert.equal(await code({ ...server.admin, sessionToken: 'not mine' }), 'UnrecognizedClientException');
    const key = await server.newKey('viewer');
    assert.equal((await call(key)).status, 200);
    await revokeAccessKey(server.store.db, ACCOUNT, key.accessKeyId, new Date());
    let refused: unknown;
    for (let tries = 0; tries < 100 && refused === undefined; tries += 1) {
      refused = await code(key);
      await sleep(50);
    }
    assert.equal(refused, 'UnrecognizedClientException');
  });

  it('lets a node in with its session token until that expires', async () => {
    const credentials = await node();
    const beat = async (token: string | undefined, InstanceId = NODE) => {
      const { accessKeyId, secretAccessKey } = credentials;
      const given = { accessKeyId, secretAccessKey, ...(token === undefined ? {} : { sessionToken: token }) };
      return (await server.call('ssm', 'UpdateInstanceInformation', { InstanceId }, given)).json.__type;
    };
    assert.equal(await beat(credentials.sessionToken), undefined);
    assert.equal(await beat(credentials.sessionToken, 'mi-0fedcba9876543210'), 'AccessDeniedException');
    assert.equal(await beat(undefined), 'UnrecognizedClientException');
    assert.equal(await beat(`${credentials.sessionToken}A`), 'UnrecognizedClientException');
    await server.store.db.execute(sql`UPDATE access_key SET expires_at = now() - interval '1 s' WHERE role = 'node'`);
    assert.equal(await beat(credentials.sessionToken), 'ExpiredTokenException');
  });

  it('keeps a viewer to reading, and records the attempt', async () => {
    const viewer = await server.newKey('viewer');
    const { status, json } = await server.call('ssm', 'CreatePatchBaseline', { Name: 'viewed' }, viewer);
    assert.deepEqual([status, json.__type], [400, 'AccessDeniedException']);
    assert.equal((await entries('CreatePatchBaseline')).at(-1)?.result, 'AccessDeniedException');
  });

  it('lets a node register without a signature, in few words', async () => {
    const secret = 'a'.repeat(20);
    const id = '11111111-2222-4333-8444-555555555555';
    const key = { PublicKey: 'A'.repeat(392), PublicKeyType: 'Rsa' };
    const input = { ActivationCode: secret, ActivationId: id, Fingerprint: id, ...key };
    const { status, json } = await server.call('ssm', 'RegisterManagedInstance', input, null);
    assert.deepEqual([status, json], [200, { InstanceId: NODE }]);
    const recorded = await entries('RegisterManagedInstance');
    assert.deepEqual(
      recorded.map(({ principal, result }) => [principal, result]),
      [['anonymous', 'ok']],
    );
    assert.ok(!JSON.stringify(recorded).includes(secret));
    const long = { ...input, More: 'x'.repeat(70_000) };
    assert.equal((await server.call('ssm', 'RegisterManagedInstance', long, null)).status, 413);
  });

  it('records a change with its outcome, and keeps nothing of what was rolled back', async () => {
    const Sources = [{ Name: 'src', Products: ['*'], Configuration: 's3cret' }];
    const create = (Name: string) => server.call('ssm', 'CreatePatchBaseline', { Name, Sources });
    assert.equal((await create('first')).json.BaselineId, 'pb-first');
    assert.equal((await create('refused')).json.__type, 'ResourceLimitExceededException');
    const broken = await create('broken');
    assert.equal(broken.status, 500);
    assert.deepEqual(broken.json, {
      __type: 'InternalServerError',
      Message: 'An error occurred on the server side.',
    });
    const recorded = (await entries('CreatePatchBaseline')).slice(-3);
    assert.deepEqual(
      recorded.map(({ result }) => result),
      ['ok', 'ResourceLimitExceededException', 'InternalServerError'],
    );
    assert.ok(!JSON.stringify(recorded).includes('s3cret'));
    const { rows } = await server.store.db.execute(sql`SELECT name FROM kept`);
    assert.deepEqual(rows, [{ name: 'first' }]);
    assert.deepEqual(await entries('GetPatchBaseline'), []);
    const beats = await entries('UpdateInstanceInformation');
    assert.ok(
      beats.every(({ result }) => result !== 'ok'),
      'what a node tells of itself is no decision',
    );
    assert.equal((await verifyAudit(server.store.db, ACCOUNT)).problem, null);
  });

  it('keeps changes and their entries together when many come at once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `many-${index}`);
    const replies = await Promise.all(names.map((Name) => server.call('ssm', 'CreatePatchBaseline', { Name })));
    assert.ok(replies.every(({ status }) => status === 200));
    const { rows } = await server.store.db.execute(sql`
      SELECT (SELECT count(*)::int FROM kept WHERE name LIKE 'many-%') AS kept,
        (SELECT count(*)::int FROM audit_entry WHERE input->>'Name' LIKE 'many-%' AND result = 'ok') AS told`);
    assert.deepEqual(rows, [{ kept: 40, told: 40 }]);
    assert.equal((await verifyAudit(server.store.db, ACCOUNT)).problem, null);
  });

  it('are never answered with a fault of the server, whatever they send', async () => {
    const visible = fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
    });
    const scope = fc.constantFrom('20261122/eu-west-1/ssm/aws4_request', '////', 'a/b/c/d', '');
    const credential = fc.tuple(fc.oneof(fc.constant(server.admin.accessKeyId), fc.constant(NODE), visible), scope);
    const authorization = fc
      .tuple(credential, visible, visible)
      .map(
        ([[id, rest], names, end]) =>
          `AWS4-HMAC-SHA256 Credential=${id}/${rest}, SignedHeaders=host;${names}, Signature=${end}`,
      );
    const target = fc.oneof(
      fc.constantFrom('AmazonSSM.GetPatchBaseline', 'AmazonSSM.RegisterManagedInstance'),
      visible,
    );
    const header = fc.record({
      authorization: fc.oneof(authorization, visible),
      'x-amz-target': target,
      'x-amz-date': fc.oneof(fc.constant('20261122T213000Z'), fc.constant('99999999T999999Z'), visible),
      'content-type': fc.constantFrom('application/x-amz-json-1.1', 'application/x-www-form-urlencoded', 'x'),
    });
    await fc.assert(
      fc.asyncProperty(header, fc.uint8Array({ maxLength: 50 }), async (headers, body) => {
        const response = await fetch(server.gateway.url, { method: 'POST', headers, body: Buffer.from(body) });
        assert.ok(response.status >= 400 && response.status < 500, String(response.status));
        await response.text();
      }),
      { numRuns: 300 },
    );
  });
});
