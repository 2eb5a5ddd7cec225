import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, type KeyObject, randomUUID, sign as rsaSign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { sql } from 'drizzle-orm';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { servicesOf } from './wiring.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.dispose());

/** Signs as amazon-ssm-agent does with its own key, of which AWS's own signers know nothing. */
async function callWithKey(instanceId: string, key: KeyObject, operation: string, input: object) {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    host: new URL(server.gateway.url).host,
    'x-amz-date': stamp,
    'x-amz-target': `AmazonSSM.${operation}`,
  };
  const body = JSON.stringify(input);
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${hash(body)}`;
  const scope = `${stamp.slice(0, 8)}/eu-west-1/ssm/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(canonical)}`;
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature = rsaSign('sha256', Buffer.from(text), { key, ...padding }).toString('base64');
  const authorization = `AWS4-HMAC-SHA256 Credential=${instanceId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const response = await fetch(server.gateway.url, { method: 'POST', headers: { ...headers, authorization }, body });
  return (await response.json()) as Record<string, string>;
}

function keyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };
}

async function register() {
  const activation = (await server.call('ssm', 'CreateActivation', { IamRole: 'service-role' })).json;
  const { privateKey, publicKey } = keyPair();
  const Fingerprint = randomUUID();
  const input = { ...activation, Fingerprint, PublicKey: publicKey, PublicKeyType: 'Rsa' };
  const { json } = await server.call('ssm', 'RegisterManagedInstance', input, null);
  return { instanceId: json.InstanceId as string, privateKey, Fingerprint, code: activation.ActivationCode as string };
}

describe('the services that the door leads to', () => {
  it('have operations that their models know', () => {
    const { store, sealer, bell } = server;
    const findPatchNode = async () => null;
    const services = servicesOf({ db: store.db, sealer, bell, publicUrl: 'http://127.0.0.1', findPatchNode });
    for (const { operations, model, anonymous, reports = [], bodyLimits = {} } of services) {
      for (const name of Object.keys(operations)) assert.ok(model.operations[name], name);
      for (const name of anonymous) assert.ok(operations[name], name);
      for (const name of [...reports, ...Object.keys(bodyLimits)]) assert.ok(model.operations[name], name);
    }
  });

  it('take a node from its activation to its heartbeat, its messages and its end', async () => {
    const { instanceId, privateKey, Fingerprint, code } = await register();
    assert.match(instanceId, /^mi-[0-9a-f]{17}$/);
    const told = await callWithKey(instanceId, privateKey, 'RequestManagedInstanceRoleToken', { Fingerprint });
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = told;
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    const beat = {
      InstanceId: instanceId,
      AgentName: 'amazon-ssm-agent',
      AgentStatus: 'Active',
      AgentVersion: '3.3.1',
    };
    assert.deepEqual((await server.call('ssm', 'UpdateInstanceInformation', beat, credentials)).json, {});
    const { json } = await server.call('ssm', 'DescribeInstanceInformation', {});
    assert.deepEqual(
      json.InstanceInformationList.map((one: Record<string, string>) => [one.InstanceId, one.PingStatus]),
      [[instanceId, 'Online']],
    );
    const gone = await server.call('ec2messages', 'AcknowledgeMessage', { MessageId: 'unknown' }, credentials);
    assert.equal(gone.status, 200);
    const endpoint = await server.call('ec2messages', 'GetEndpoint', { Destination: instanceId }, credentials);
    assert.equal(endpoint.json.Endpoint, server.gateway.url);
    await server.call('ssm', 'DeregisterManagedInstance', { InstanceId: instanceId });
    const after = await server.call('ssm', 'UpdateInstanceInformation', beat, credentials);
    assert.equal(after.json.__type, 'UnrecognizedClientException');
    const { rows } = await server.store.db.execute(sql`SELECT input::text FROM audit_entry`);
    for (const secret of [code, SecretAccessKey, SessionToken]) assert.ok(!JSON.stringify(rows).includes(secret));
  });

  it('hold a node to its own key and its own machine', async () => {
    const one = await register();
    const other = await register();
    const ask = (id: string, key: KeyObject, Fingerprint: string) =>
      callWithKey(id, key, 'RequestManagedInstanceRoleToken', { Fingerprint });
    const code = async (answer: Promise<Record<string, string>>) => (await answer).__type;
    assert.equal(await code(ask(one.instanceId, other.privateKey, one.Fingerprint)), 'InvalidSignatureException');
    assert.equal(await code(ask(one.instanceId, one.privateKey, other.Fingerprint)), 'MachineFingerprintDoesNotMatch');
    const heartbeat = callWithKey(one.instanceId, one.privateKey, 'UpdateInstanceInformation', {
      InstanceId: one.instanceId,
    });
    assert.equal(await code(heartbeat), 'AccessDeniedException');
    const fresh = keyPair();
    const change = { NewPublicKey: fresh.publicKey, NewPublicKeyType: 'Rsa' };
    assert.equal(
      await code(callWithKey(one.instanceId, one.privateKey, 'UpdateManagedInstancePublicKey', change)),
      undefined,
    );
    assert.equal(await code(ask(one.instanceId, one.privateKey, one.Fingerprint)), 'InvalidSignatureException');
    assert.equal(await code(ask(one.instanceId, fresh.privateKey, one.Fingerprint)), undefined);
  });

  it('turn an agent away from the channel that is not offered', async () => {
    const url = `${server.gateway.url}/v1/control-channel/mi-0123456789abcdef0`;
    const response = await fetch(url, { method: 'POST', body: '{"MessageSchemaVersion":"1.0"}' });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /<AccessDeniedException>/);
    assert.equal((await fetch(`${server.gateway.url}/snapshots/none`)).status, 404);
  });

  it('end a long poll when the server closes', async () => {
    const { instanceId, privateKey, Fingerprint } = await register();
    const told = await callWithKey(instanceId, privateKey, 'RequestManagedInstanceRoleToken', { Fingerprint });
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = told;
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    const input = { Destination: instanceId, MessagesRequestId: randomUUID(), VisibilityTimeoutInSeconds: 10 };
    const poll = server.call('ec2messages', 'GetMessages', input, credentials);
    const answered = await Promise.race([poll, new Promise((resolve) => setTimeout(resolve, 500, 'waits'))]);
    assert.equal(answered, 'waits');
    await server.gateway.close();
    const { status, json } = await poll;
    assert.deepEqual([status, json.Messages], [200, []]);
  });
});
