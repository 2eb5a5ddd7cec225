import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { startTestServer } from '../../test/server.ts';
import { smallServices } from '../../test/small-services.ts';

it('the gateway speaks TLS where it has a key', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', ['req', ...args, ...names, '-keyout', key, '-out', cert]);
  if (made.status !== 0) return t.skip('no openssl here');
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = await startTestServer({ services: () => smallServices, tls });
  t.after(() => server.dispose());
  assert.match(server.gateway.url, /^https:/);
  const status = await new Promise((resolve, reject) => {
    const url = `${server.gateway.url}/health`;
    https.get(url, { ca: tls.cert }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
  assert.equal(status, 200);
});
