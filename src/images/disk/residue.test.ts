import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findResidue } from './residue.ts';

function root(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-residue-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries({ 'etc/machine-id': '', 'etc/shadow': 'root:*:1::::::\n', ...files })) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const PEM = `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n`;

test('a clean root holds nothing to tell', async (t) => {
  const clean = { 'etc/ssl/certs/a.pem': '-----BEGIN CERTIFICATE-----\n', 'etc/motd': 'no PRIVATE KEY here' };
  assert.deepEqual(await findResidue(root(t, clean)), []);
});

for (const [path, text, what] of [
  ['etc/machine-id', '0123456789abcdef0123456789abcdef\n', /identity/],
  ['etc/ssh/ssh_host_ed25519_key', 'x', /host key/],
  ['etc/nginx/tls.key', PEM, /private key/],
  ['root/.bash_history', 'ls', /history/],
  ['root/.ssh/id_ed25519', 'x', /private SSH key/],
  ['home/a/.aws/credentials', 'x', /credentials/],
  ['srv/app/.env', 'KEY=AKIAQ3EGRTYUIOPASDFG', /AWS access key/],
  ['opt/app/config', `token=ghp_${'a'.repeat(36)}`, /token/],
  ['etc/apt/auth.conf.d/x.conf', 'x', /passwords/],
  ['etc/apt/sources.list', 'deb https://me:hunter2@deb.example/debian bookworm main\n', /password in the sources/],
  ['etc/apt/apt.conf.d/99x', 'Acquire::http::Proxy "http://me:hunter2@proxy:3128";', /proxy/],
  ['var/lib/systemd/random-seed', 'x', /seed/],
  ['var/lib/apt/lists/deb.example_InRelease', 'x', /lists/],
  ['var/log/dpkg.log', 'x', /log/],
  ['tmp/x', 'x', /temporary/],
  ['etc/shadow', 'root::1::::::\n', /without a password/],
] as const) {
  test(`/${path} is found: ${what.source}`, async (t) => {
    const [found, ...more] = await findResidue(root(t, { [path]: text }));
    assert.equal(found?.path, `/${path}`);
    assert.match(found?.what ?? '', what);
    assert.deepEqual(more, []);
    assert.ok(!JSON.stringify(found).includes('hunter2'));
  });
}

test('no link is followed, out of the root or in a circle', async (t) => {
  const folder = root(t, {});
  const outside = root(t, { 'key.pem': PEM });
  symlinkSync(outside, join(folder, 'etc/outside'));
  symlinkSync(join(outside, 'key.pem'), join(folder, 'etc/key.pem'));
  symlinkSync('.', join(folder, 'etc/circle'));
  assert.deepEqual(await findResidue(folder), []);
});
