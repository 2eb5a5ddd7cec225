import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KintsugiError } from '../core/errors.ts';
import { parseEndpoint } from './endpoint.ts';
import { readRegistration, register } from './registration.ts';
import { stateFolder } from './state-folder.ts';

test('Plain http is for loopback, or for who asks for it; an address is a host and a port alone', () => {
  const refuses = (text: string, allowHttp = false) => {
    assert.throws(
      () => parseEndpoint(text, allowHttp),
      (error) => error instanceof KintsugiError && error.code === 'Usage',
    );
  };
  for (const text of ['http://127.0.0.1:8420', 'http://localhost', 'http://[::1]:1', 'https://kintsugi.example']) {
    assert.equal(parseEndpoint(text, false).origin, new URL(text).origin);
  }
  for (const host of ['kintsugi.example', '127.0.0.1.example', '10.0.0.1', '[::2]', 'localhost.example']) {
    refuses(`http://${host}:8420`);
    assert.equal(parseEndpoint(`http://${host}:8420`, true).hostname, host);
  }
  for (const text of ['', 'kintsugi', 'ftp://h', 'file:///etc', 'https://h/path', 'https://h/?q', 'https://u:p@h']) {
    refuses(text, true);
  }
});

test('A server is trusted by the authority that --ca names, and not without it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const files = ['-keyout', path('key.pem'), '-out', path('ca.pem')];
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files]);
  if (made.error !== undefined) return t.skip('openssl is not there');
  assert.equal(made.status, 0, made.stderr.toString());
  const server = createServer({ key: readFileSync(path('key.pem')), cert: readFileSync(path('ca.pem')) });
  server.on('request', (request, response) => {
    request.resume();
    response.end(JSON.stringify({ InstanceId: 'mi-0123456789abcdef0' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = { endpoint, region: 'us-east-1', activationId: 'i', activationCode: 'c', allowHttp: false };
  const state = stateFolder(path('state'));
  const now = new Date('2026-11-22T09:00:00Z');
  await assert.rejects(
    register(state, { ...request, ca: null }, now),
    (error) => error instanceof KintsugiError && error.code === 'ServerUnreachable',
  );
  assert.equal(await readRegistration(state), null);
  const registration = await register(state, { ...request, ca: path('ca.pem') }, now);
  assert.deepEqual(await readRegistration(state), registration);
  assert.equal(registration.instanceId, 'mi-0123456789abcdef0');
});
