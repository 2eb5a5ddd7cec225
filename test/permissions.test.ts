import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'drizzle-orm';
import { createNodeCredentials } from '../src/control/access-keys/access-keys.ts';
import { authorize } from '../src/control/access-keys/authorize.ts';
import { verifyAudit } from '../src/control/audit/verify.ts';
import type { Principal, Role } from '../src/control/call.ts';
import { servicesOf } from '../src/gateway/wiring.ts';
import { addNode } from './add-node.ts';
import { KINDS, type Kind } from './permissions.ts';
import { startTestServer, type TestServer } from './server.ts';
import type { Credentials } from './sign.ts';

const ACCOUNT = '000000000000';
const NODE = 'mi-0123456789abcdef0';

/** Callers as a signature proves them, and one without. */
const CALLERS = ['admin', 'operator', 'viewer', 'node', 'node’s key', 'nobody'] as const;
type Caller = (typeof CALLERS)[number];

const PEOPLE: readonly Caller[] = ['admin', 'operator', 'viewer'];
const ALLOWED: Readonly<Record<Kind, readonly Caller[]>> = {
  read: PEOPLE,
  'read, also by its node': [...PEOPLE, 'node'],
  change: ['admin', 'operator'],
  work: ['admin', 'operator'],
  report: ['admin', 'operator', 'node'],
  node: ['node'],
  // Credentials fetch their successors as well.
  'node, by its key': ['node', 'node’s key'],
  anonymous: ['nobody'],
};

function principalOf(caller: Caller): Principal {
  const isNode = caller === 'node' || caller === 'node’s key' || caller === 'nobody';
  const role: Role = isNode ? 'node' : caller;
  const accessKeyId = { node: 'ASIAAAAAAAAAAAAAAAAA', 'node’s key': NODE, nobody: null }[caller as string];
  const instanceId = isNode && caller !== 'nobody' ? NODE : null;
  return {
    account: ACCOUNT,
    role,
    accessKeyId: accessKeyId === undefined ? 'AKIA' : accessKeyId,
    instanceId,
    arn: caller,
  };
}

function isAllowed(caller: Caller, service: string, operation: string): boolean {
  try {
    authorize(principalOf(caller), { service, operation, region: 'eu-west-1', input: {} });
    return true;
  } catch {
    return false;
  }
}

describe('every operation that is served', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.dispose());

  it('has a decision who may call it, and no decision is for one that is not there', () => {
    const { store, sealer, bell } = server;
    const wires = { db: store.db, sealer, bell, publicUrl: 'http://127.0.0.1', findPatchNode: async () => null };
    const served = servicesOf(wires).flatMap(({ name, operations }) =>
      Object.keys(operations).map((one) => `${name}:${one}`),
    );
    assert.deepEqual(served.sort(), Object.keys(KINDS).sort());
  });

  it('is open to just the callers that it is for', () => {
    for (const [name, kind] of Object.entries(KINDS)) {
      const [service = '', operation = ''] = name.split(':');
      const allowed = CALLERS.filter((caller) => isAllowed(caller, service, operation));
      assert.deepEqual(allowed, ALLOWED[kind], name);
    }
  });

  it('is recorded when it changes something or tries to, by whom and from where, and is not when it only looks', async () => {
    const [operator, viewer] = await Promise.all([server.newKey('operator'), server.newKey('viewer')]);
    for (const [name, kind] of Object.entries(KINDS)) {
      if (kind === 'anonymous') continue;
      const [service = '', operation = ''] = name.split(':');
      const isRecorded =
        kind === 'change' || kind === 'report' || (kind.startsWith('node') && !/:(?:Get|List)/.test(name));
      for (const [who, key] of [['operator', operator] as const, ['viewer', viewer] as const]) {
        const { json, headers } = await server.call(service, operation, {}, key);
        const entries = await entriesOf(headers.get('x-amzn-requestid') ?? '');
        const result = json.__type ?? 'ok';
        if (who === 'viewer' && !kind.startsWith('read')) assert.equal(result, 'AccessDeniedException', name);
        const arn = `arn:aws:iam::${ACCOUNT}:user/${who}/${key.accessKeyId}`;
        const expected = { principal: arn, source_ip: '127.0.0.1', service, operation, result };
        assert.deepEqual(entries, isRecorded ? [expected] : [], `${name} by ${who}`);
      }
    }
    assert.equal((await verifyAudit(server.store.db, ACCOUNT)).problem, null);
  });

  it('is not recorded when a node reports of itself, and is when the node tries anything else', async () => {
    const instanceId = await addNode(server.store.db, ACCOUNT, 1);
    const given = { account: ACCOUNT, instanceId, now: new Date(), seconds: 600 };
    const credentials: Credentials = await createNodeCredentials(server.store.db, server.sealer, given);
    for (const [name, kind] of Object.entries(KINDS)) {
      const [service = '', operation = ''] = name.split(':');
      if (kind === 'anonymous' || kind === 'node, by its key' || operation === 'GetMessages') continue;
      const { json, headers } = await server.call(service, operation, { InstanceId: instanceId }, credentials);
      if (!ALLOWED[kind].includes('node')) assert.equal(json.__type, 'AccessDeniedException', name);
      const entries = await entriesOf(headers.get('x-amzn-requestid') ?? '');
      assert.equal(entries.length, kind === 'change' ? 1 : 0, name);
    }
  });

  async function entriesOf(requestId: string): Promise<Record<string, unknown>[]> {
    const { rows } = await server.store.db.execute<Record<string, unknown>>(
      sql`SELECT principal, source_ip, service, operation, result FROM audit_entry WHERE request_id = ${requestId}`,
    );
    return rows;
  }
});
