import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { hasAwsCli, startTestServer, type TestServer } from '../../test/server.ts';
import { sign } from '../../test/sign.ts';
import { FOUND, NODE, polls, smallServices } from '../../test/small-services.ts';
import { createNodeCredentials } from '../control/access-keys/access-keys.ts';

const ACCOUNT = '000000000000';

describe('the gateway', () => {
  let server: TestServer;
  const lines: string[] = [];
  before(async () => {
    const log = { level: 'info', stream: { write: (line: string) => void lines.push(line) } };
    server = await startTestServer({ services: () => smallServices, log });
  });
  after(() => server.dispose());

  const node = () => {
    const one = { account: ACCOUNT, instanceId: NODE, now: new Date(), seconds: 60 };
    return createNodeCredentials(server.store.db, server.sealer, one);
  };

  it('answers a signed call in the form of AWS: epoch seconds, no undefined, a request id', async () => {
    const { status, headers, json } = await server.call('ssm', 'GetPatchBaseline', { BaselineId: FOUND });
    assert.equal(status, 200);
    assert.deepEqual(json, { BaselineId: FOUND, CreatedDate: 1767323045.678, Sources: [] });
    assert.equal(headers.get('content-type'), 'application/x-amz-json-1.1');
    assert.match(headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
  });

  it('writes errors with the member of their shape', async () => {
    const missing = await server.call('ssm', 'GetPatchBaseline', { BaselineId: 'pb-00000000000000000' });
    assert.equal(missing.status, 400);
    assert.deepEqual(missing.json, { __type: 'DoesNotExistException', Message: 'There is none.' });
    const lower = await server.call('ssm', 'DeleteParameter', { Name: 'a' });
    assert.deepEqual(lower.json, { __type: 'ParameterNotFound', message: 'Parameter not found.' });
  });

  it('checks the input against the model', async () => {
    const { status, json } = await server.call('ssm', 'GetPatchBaseline', { BaselineId: 'short' });
    assert.equal(status, 400);
    assert.equal(json.__type, 'ValidationException');
    assert.match(json.Message, /^2 validation errors detected: Value 'short' at 'baselineId' failed/);
  });

  it('answers what it does not know as AWS does', async () => {
    const calls = ['ssm MakeCoffee', 'ssm CreateOpsItem', 'ssm constructor', 'dynamodb PutItem'];
    for (const [service = '', operation = ''] of calls.map((call) => call.split(' '))) {
      const { status, json } = await server.call(service, operation, {});
      assert.deepEqual([status, json.__type], [400, 'UnknownOperationException'], operation);
    }
    assert.equal((await fetch(`${server.gateway.url}/elsewhere`)).status, 404);
    const bare = await fetch(server.gateway.url, { method: 'POST', body: '{}' });
    assert.equal(bare.status, 400);
    assert.match(await bare.text(), /UnknownOperationException/);
  });

  it('refuses JSON that is none, and what cannot be stored', async () => {
    const bodies = ['{', '[]', '"text"', '{"a":'.repeat(100), Buffer.from([0x7b, 0xff, 0x7d]), '{"BaselineId":5}'];
    for (const body of bodies) {
      const { status, json } = await server.call('ssm', 'GetPatchBaseline', body);
      assert.deepEqual([status, json.__type], [400, 'SerializationException'], String(body));
    }
    for (const name of ['a\\u0000bc', 'abc\\ud800']) {
      const { status, json } = await server.call('ssm', 'CreatePatchBaseline', `{"Name":"${name}"}`);
      assert.deepEqual([status, json.__type], [400, 'ValidationException']);
    }
  });

  it('counts the depth of JSON outside its strings', async () => {
    const text = `"${'[{'.repeat(100)}\\"${'['.repeat(100)}\\\\"`;
    const body = `{"BaselineId":"${FOUND}","Wide":[${'[{}],'.repeat(100)}${text}]}`;
    assert.equal((await server.call('ssm', 'GetPatchBaseline', body)).status, 200);
  });

  it('refuses a body that is too long, and takes an inventory that is not', async () => {
    const Padding = 'x'.repeat(9 * 1024 * 1024);
    const refused = await server.call('ssm', 'CreatePatchBaseline', { Name: 'abc', Padding });
    assert.deepEqual([refused.status, refused.json.__type], [413, 'RequestEntityTooLargeException']);
    const taken = await server.call('ssm', 'PutInventory', { InstanceId: NODE, Items: [item], Padding });
    assert.deepEqual(taken.json, { Message: '1' });
  });

  it('reads a chunked body', async () => {
    const body = JSON.stringify({ BaselineId: FOUND });
    const { port, hostname } = new URL(server.gateway.url);
    const target = 'AmazonSSM.GetPatchBaseline';
    const headers = signedHeaders(server, 'ssm', body, { 'x-amz-target': target, 'transfer-encoding': 'chunked' });
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const chunks = [body.slice(0, 5), body.slice(5)].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    const socket = connect(Number(port), hostname);
    socket.write(`POST / HTTP/1.1\r\n${head.join('')}\r\n${chunks.join('')}0\r\n\r\n`);
    const [answer] = await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])));
    socket.destroy();
    assert.match(String(answer), /^HTTP\/1\.1 200 /);
  });

  it('ends a long poll when its caller leaves', async () => {
    const body = JSON.stringify({ Destination: NODE, MessagesRequestId: 'x', VisibilityTimeoutInSeconds: 10 });
    const more = { 'x-amz-target': 'EC2WindowsMessageDeliveryService.GetMessages' };
    const headers = signedHeaders(server, 'ec2messages', body, more, await node());
    const leaving = new AbortController();
    const poll = fetch(server.gateway.url, { method: 'POST', headers, body, signal: leaving.signal });
    const failed = assert.rejects(poll);
    for (let tries = 0; tries < 200 && polls.begun === 0; tries += 1) await sleep(20);
    leaving.abort();
    await failed;
    for (let tries = 0; tries < 200 && polls.aborted === 0; tries += 1) await sleep(20);
    assert.deepEqual(polls, { begun: 1, aborted: 1 });
  });

  it('tells its health and its numbers', async () => {
    const health = await fetch(`${server.gateway.url}/health`);
    assert.deepEqual([health.status, await health.json()], [200, { status: 'ok' }]);
    const metrics = await (await fetch(`${server.gateway.url}/metrics`)).text();
    const labels = 'service="ssm",operation="GetPatchBaseline"';
    assert.match(metrics, new RegExp(`^kintsugi_requests_total\\{${labels},code="ok"\\} [1-9]`, 'm'));
    assert.match(metrics, new RegExp(`^kintsugi_request_duration_seconds_bucket\\{${labels},le="\\+Inf"\\}`, 'm'));
    assert.match(metrics, /^kintsugi_requests_total\{service="ssm",operation="unknown",code="UnknownOper\w+"\} 3$/m);
    assert.doesNotMatch(metrics, /MakeCoffee/);
  });

  it('logs every request in one line without bodies and secrets', async () => {
    const Sources = [{ Name: 'src', Products: ['*'], Configuration: 's3cret' }];
    assert.equal((await server.call('ssm', 'CreatePatchBaseline', { Name: 'broken', Sources })).status, 500);
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(parsed.some(({ code, accessKeyId }) => code === 'ok' && accessKeyId === server.admin.accessKeyId));
    const faults = parsed.filter(({ code }) => code === 'InternalServerError');
    assert.ok(faults.length > 0 && faults.every(({ fault }) => String(fault).includes('small-services')));
    for (const secret of [server.admin.secretAccessKey, 's3cret', 'AWS4-HMAC', FOUND]) {
      assert.ok(!lines.join('').includes(secret), secret);
    }
  });

  it('says who one is in the query protocol, and what is wrong in XML', async () => {
    const ask = async (body: string, credentials = server.admin) => {
      const headers = signedHeaders(server, 'sts', body, { 'content-type': FORM }, credentials);
      const response = await fetch(server.gateway.url, { method: 'POST', headers, body });
      return { status: response.status, text: await response.text() };
    };
    const known = await ask('Action=GetCallerIdentity&Version=2011-06-15');
    assert.equal(known.status, 200);
    assert.match(known.text, /<Account>000000000000<\/Account>/);
    const other = await ask('Action=GetSessionToken&Version=2011-06-15');
    assert.match(other.text, /<Code>InvalidAction<\/Code><Message>Could not find operation GetSessionToken for/);
    const stranger = { ...server.admin, secretAccessKey: 'wrong' };
    const wrong = await ask('Action=GetCallerIdentity&Version=2011-06-15', stranger);
    assert.equal(wrong.status, 403);
    assert.match(wrong.text, /<Code>SignatureDoesNotMatch<\/Code>/);
  });

  it('works with the AWS CLI', async (t) => {
    if (!hasAwsCli()) return t.skip('no AWS CLI here');
    const found = await server.aws('ssm', 'get-patch-baseline', '--baseline-id', FOUND);
    assert.equal(found.BaselineId, FOUND);
    // Version 1 of the CLI prints the number, version 2 a date.
    assert.match(String(found.CreatedDate), /^1767323045\.678$|^2026-01-02T03:04:05\.678/);
    const identity = await server.aws('sts', 'get-caller-identity');
    assert.deepEqual([identity.Account, identity.UserId], [ACCOUNT, server.admin.accessKeyId]);
    await assert.rejects(
      server.aws('ssm', 'get-patch-baseline', '--baseline-id', 'pb-00000000000000000'),
      /An error occurred \(DoesNotExistException\) when calling the GetPatchBaseline operation: There is none\./,
    );
    await assert.rejects(
      server.aws('ssm', 'delete-parameter', '--name', 'a'),
      /\(ParameterNotFound\) when calling the DeleteParameter operation: Parameter not found\./,
    );
  });
});

describe('a gateway without its database', () => {
  it('says that it is not well, and answers calls with a fault of its own', async () => {
    const server = await startTestServer({ services: () => smallServices });
    try {
      await server.store.db.execute(sql`ALTER TABLE access_key RENAME TO lost`);
      const { status, json } = await server.call('ssm', 'GetPatchBaseline', { BaselineId: FOUND });
      assert.deepEqual([status, json.__type], [500, 'InternalServerError']);
      assert.equal((await fetch(`${server.gateway.url}/health`)).status, 200);
    } finally {
      await server.bell.close();
      await server.store.dispose();
    }
    const health = await fetch(`${server.gateway.url}/health`);
    assert.deepEqual([health.status, await health.json()], [503, { status: 'unavailable' }]);
    await server.gateway.close();
  });
});

const FORM = 'application/x-www-form-urlencoded; charset=utf-8';
const item = { TypeName: 'AWS:Application', SchemaVersion: '1.1', CaptureTime: '2026-01-02T03:04:05Z', Content: [] };

function signedHeaders(
  server: TestServer,
  service: string,
  body: string,
  more: Record<string, string>,
  credentials: Parameters<typeof sign>[1] = server.admin,
): Record<string, string> {
  const { host } = new URL(server.gateway.url);
  const outgoing = { method: 'POST', url: '/', headers: { host, ...more }, body };
  return sign(outgoing, credentials, { service, region: 'us-east-1', now: new Date() });
}
