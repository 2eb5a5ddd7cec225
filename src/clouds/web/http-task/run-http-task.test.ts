import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { fileHost } from '../../../../test/file-host.ts';
import { readAllowedEndpoint } from './allowed-endpoints.ts';
import type { Exchange } from './exchange.ts';
import { type HttpTask, runHttpTask } from './run-http-task.ts';

const SECRET = 'Bearer s3cr3t-w0rd-of-somebody';
const CONNECTION = JSON.stringify({
  ApiKeyAuthParameters: { ApiKeyName: 'Authorization', ApiKeyValue: SECRET },
  InvocationHttpParameters: {
    QueryStringParameters: [{ Key: 'team', Value: 'team-of-the-connection' }],
    BodyParameters: [{ Key: 'Mode', Value: 'mode-of-the-connection' }],
  },
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let url: string;
const seen: Seen[] = [];

function answer(seen: Seen, response: ServerResponse): void {
  const path = seen.url.replace(/\?.*/, '');
  const send = (status: number, type: string, body: string | Buffer) =>
    response.writeHead(status, { 'content-type': type }).end(body);
  if (path === '/echo') return void send(200, 'application/json', JSON.stringify(seen));
  if (path === '/text') return void send(201, 'text/plain', '{"a": 1}');
  if (path === '/latin') return void send(200, 'text/plain; charset=iso-8859-1', Buffer.from([0xfc]));
  if (path === '/image') return void send(200, 'image/png', 'x');
  if (path === '/binary') return void send(200, 'text/plain', Buffer.from([0xff, 0xfe, 0]));
  if (path === '/broken') return void send(200, 'application/json', '{"a": ');
  if (path === '/deep') return void send(200, 'application/json', '['.repeat(100_000) + ']'.repeat(100_000));
  if (path === '/large') return void send(200, 'text/plain', 'x'.repeat(10 * 1024 * 1024));
  if (path === '/limit') return void send(503, 'text/plain', `no: ${seen.headers.authorization}`);
  if (path === '/to-metadata') return void response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end();
  if (path === '/half') {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' });
    response.write('x');
    setTimeout(() => response.destroy(), 20);
    return;
  }
  if (path === '/never') return;
  if (path === '/drips') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const drip = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(drip));
    return;
  }
  response.writeHead(404, 'Not Here').end('some words');
}

before(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    seen.push(one);
    answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  seen.length = 0;
});

function allowed(...texts: string[]) {
  return texts.map(readAllowedEndpoint).filter((one) => typeof one !== 'string');
}

async function run(path: string, given: object = {}, more: Partial<HttpTask> = {}) {
  const input = { ApiEndpoint: `${url}${path}`, Method: 'GET', ...given };
  return runHttpTask({
    input,
    allowed: allowed(url),
    region: 'eu-west-1',
    idempotencyKey: 'k',
    signal: new AbortController().signal,
    findConnection: async () => CONNECTION,
    ...more,
  });
}

async function failure(path: string, given: object = {}, more: Partial<HttpTask> = {}) {
  const told = await run(path, given, more);
  assert.ok(!told.ok, JSON.stringify(told));
  return told;
}

async function output(path: string, given: object = {}, more: Partial<HttpTask> = {}) {
  const told = await run(path, given, more);
  assert.ok(told.ok, JSON.stringify(told));
  return told.output;
}

test('a request is sent as the task says, and its answer is the output', async () => {
  const made = await output('/echo?a=1', {
    Method: 'POST',
    Headers: { 'X-Run': 'r 1', 'X-Many': ['a', 'b'], 'User-Agent': 'mine', Range: 'bytes=9-' },
    QueryParameters: { 'to do': 'ü&', many: [1, true] },
    RequestBody: { a: { b: ['c'] } },
  });
  assert.deepEqual([made.StatusCode, made.StatusText], [200, 'OK']);
  assert.deepEqual(made.Headers['content-type'], ['application/json']);
  const [sent] = seen;
  assert.equal(sent?.url, '/echo?a=1&to%20do=%C3%BC%26&many=1&many=true');
  assert.equal(sent?.body, '{"a":{"b":["c"]}}');
  const { headers = {} } = sent ?? {};
  assert.deepEqual(
    [headers['x-run'], headers['x-many'], headers['content-type'], headers.range],
    ['r 1', 'a, b', 'application/json; charset=UTF-8', 'bytes=0-262144'],
  );
  assert.equal(headers['user-agent'], 'Kintsugi|StepFunctions|HttpInvoke|eu-west-1');
  assert.match(String(headers['idempotency-key']), /^[0-9a-f]{32}$/);
  assert.deepEqual((made.ResponseBody as { method: string }).method, 'POST');
});

test('a body may be a form or a text of its own', async () => {
  const Transform = { RequestBodyEncoding: 'URL_ENCODED', RequestEncodingOptions: { ArrayFormat: 'REPEAT' } };
  await output('/echo', { Method: 'POST', RequestBody: { a: [1, 2] }, Transform });
  await output('/echo', { Method: 'PUT', RequestBody: '<a/>', Headers: { 'content-type': 'text/xml' } });
  assert.deepEqual(
    seen.map(({ body, headers }) => [body, headers['content-type']]),
    [
      ['a=1&a=2', 'application/x-www-form-urlencoded'],
      ['<a/>', 'text/xml'],
    ],
  );
});

test('only what is JSON by its type is read as JSON, and what is no text is refused', async () => {
  assert.equal((await output('/text')).ResponseBody, '{"a": 1}');
  assert.equal((await output('/latin')).ResponseBody, 'ü');
  assert.equal((await output('/broken')).ResponseBody, '{"a": ');
  assert.equal(typeof (await output('/deep')).ResponseBody, 'string');
  assert.equal((await failure('/image')).error, 'States.Runtime');
  assert.equal((await failure('/binary')).error, 'States.Runtime');
});

test('a status that is no success is the name of the error, with its words alone', async () => {
  assert.deepEqual(await failure('/nowhere'), { ok: false, error: 'States.Http.StatusCode.404', cause: 'Not Here' });
});

test('a redirect is not followed, and nothing is sent where it leads', async () => {
  const told = await failure('/to-metadata');
  assert.equal(told.error, 'States.Http.StatusCode.307');
  assert.match(told.cause, /a redirect to http:\/\/169\.254\.169\.254\/latest, which is not followed/);
  assert.equal(seen.length, 1);
});

test('an answer that is too large, never comes, drips or breaks off ends within its bounds', async () => {
  assert.equal((await failure('/large')).error, 'States.DataLimitExceeded');
  for (const path of ['/never', '/drips']) {
    const told = await failure(path, {}, { timeoutMs: 200 });
    assert.equal(told.error, 'States.Http.Socket');
    assert.match(told.cause, /no whole answer in 0\.2 s/);
  }
  assert.equal((await failure('/half')).error, 'States.Http.Socket');
  const closed = await failure('', { ApiEndpoint: 'http://127.0.0.1:1/' }, { allowed: allowed('http://127.0.0.1:1/') });
  assert.deepEqual([closed.error, /ECONNREFUSED/.test(closed.cause)], ['States.Http.Socket', true]);
});

test('an address that is not allowed, or none, is never connected to', async () => {
  const other = url.replace('127.0.0.1', 'localhost');
  for (const ApiEndpoint of [
    `${other}/echo`,
    'nonsense',
    'file:///etc/passwd',
    `${url.replace('//', '//u:p@')}/echo`,
  ]) {
    assert.equal((await failure('', { ApiEndpoint })).error, 'States.Permissions', ApiEndpoint);
  }
  assert.match((await failure('/echo', {}, { allowed: [] })).cause, /--allow-http-task/);
  assert.equal(seen.length, 0);
});

test('arguments that cannot be used are told by their place, and nothing is sent', async () => {
  const wrong = [
    { Method: 'TRACE' },
    { Url: 'x' },
    { Headers: { 'X-A': 'b\r\nX-Injected: yes' } },
    { Headers: { 'X A': 'b' } },
    { Headers: { Authorization: SECRET } },
    { Headers: { Host: 'evil.example' } },
    { Headers: { 'Content-Length': '0' } },
    { Headers: { 'X-Amz-Date': '1' } },
    { Headers: { 'X-A': null } },
    { Headers: { 'X-A': 'ĉ' } },
    { Transform: { RequestBodyEncoding: 'GZIP' } },
    { RequestBody: 3, Transform: { RequestBodyEncoding: 'URL_ENCODED' } },
    { Authentication: { ConnectionArn: 'a' }, InvocationConfig: { ConnectionArn: 'a' } },
  ];
  for (const given of wrong) {
    const told = await failure('/echo', given);
    assert.equal(told.error, 'States.Runtime', JSON.stringify(given));
    assert.doesNotMatch(told.cause, /Injected|s3cr3t/);
  }
  for (const input of [null, [], 'x', 3]) {
    const signal = new AbortController().signal;
    const findConnection = async () => '';
    const task = { input, allowed: [], region: 'r', idempotencyKey: 'k', signal, findConnection };
    assert.equal((await runHttpTask(task)).ok, false);
  }
  assert.equal(seen.length, 0);
});

test('a connection goes over what the task says, and its secrets show nowhere', async () => {
  const exchanges: Exchange[] = [];
  const given = {
    Method: 'POST',
    QueryParameters: { team: 'mine', page: 2 },
    RequestBody: { Mode: 'mine', a: 1 },
    InvocationConfig: { ConnectionArn: 'arn' },
  };
  const inspect = { revealSecrets: false, tell: (exchange: Exchange) => exchanges.push(exchange) };
  const made = await output('/echo', given, { inspect });
  const [sent] = seen;
  assert.equal(sent?.headers.authorization, SECRET);
  assert.equal(sent?.url, '/echo?page=2&team=team-of-the-connection');
  assert.deepEqual(JSON.parse(sent?.body ?? ''), { Mode: 'mode-of-the-connection', a: 1 });
  for (const shown of [made, exchanges])
    assert.doesNotMatch(JSON.stringify(shown), /s3cr3t|of-the-connection/, 'the endpoint says back what it was sent');
  const limited = await failure('/limit', given, { inspect });
  assert.doesNotMatch(JSON.stringify([limited, exchanges]), /s3cr3t/);
  await output('/echo', given, { inspect: { ...inspect, revealSecrets: true } });
  assert.match(exchanges.at(-1)?.request.headers ?? '', /Authorization: Bearer s3cr3t/);
});

test('a connection that cannot be read is told without its text', async () => {
  const given = { Authentication: { ConnectionArn: 'arn' } };
  for (const text of [
    SECRET,
    '[]',
    JSON.stringify({ ApiKeyAuthParameters: { ApiKeyName: SECRET } }),
    '{"OAuthParameters":{}}',
  ]) {
    const told = await failure('/echo', given, { findConnection: async () => text });
    assert.equal(told.error, 'Events.ConnectionResource.InvalidConnectionState');
    assert.doesNotMatch(told.cause, /s3cr3t/);
  }
  const folded = JSON.stringify({ ApiKeyAuthParameters: { ApiKeyName: 'X-Key', ApiKeyValue: `${SECRET}\n` } });
  const told = await failure('/echo', given, { findConnection: async () => folded });
  assert.deepEqual([told.error, /s3cr3t/.test(told.cause)], ['States.Runtime', false]);
  assert.equal(seen.length, 0);
});

test('a certificate is checked', async (t) => {
  const host = await fileHost(() => ({ body: '{"a":1}', headers: { 'content-type': 'application/json' } }));
  if (host === null) return t.skip('no openssl here');
  t.after(() => host.close());
  const given = { ApiEndpoint: `${host.url}/x` };
  const told = await failure('', given, { allowed: allowed(host.url) });
  assert.equal(told.error, 'States.Http.Socket');
  assert.equal(host.asked.length, 0);
  const made = await output('', given, { allowed: allowed(host.url), ca: host.ca });
  assert.deepEqual(made.ResponseBody, { a: 1 });
});
