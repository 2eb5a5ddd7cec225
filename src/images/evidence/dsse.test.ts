import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { signEnvelope, verifyEnvelope } from './dsse.ts';
import { IN_TOTO, provenanceStatement, spokenOf } from './provenance.ts';
import { publicPem, signingKey } from './signing-key.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519').publicKey;

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'kintsugi-dsse-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('what was signed is verified, by its key alone', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const envelope = JSON.parse(JSON.stringify(signEnvelope(IN_TOTO, Buffer.from(bytes), privateKey)));
      const verified = verifyEnvelope(envelope, IN_TOTO, [other, publicKey]);
      assert.ok(verified.ok && verified.payload.equals(Buffer.from(bytes)));
      assert.equal(verifyEnvelope(envelope, IN_TOTO, [other]).ok, false);
      assert.equal(verifyEnvelope(envelope, IN_TOTO, []).ok, false);
    }),
  );
});

test('a changed payload, type or signature, and what is no envelope, are refused with a reason', () => {
  const envelope = signEnvelope(IN_TOTO, Buffer.from('{"a":1}'), privateKey);
  const refused = (value: unknown, type = IN_TOTO) => {
    const verified = verifyEnvelope(value, type, [publicKey]);
    assert.ok(!verified.ok && verified.reason !== '');
  };
  refused({ ...envelope, payload: Buffer.from('{"a":2}').toString('base64') });
  refused({ ...envelope, payloadType: 'text/plain' }, 'text/plain');
  refused({ ...envelope, payloadType: 'text/plain' });
  refused({ ...envelope, signatures: [{ keyid: '', sig: 'AAAA' }] });
  refused({ ...envelope, signatures: [] });
  for (const value of [null, 'x', 7, [], {}, { payload: '!' }]) refused(value);
});

test('openssl verifies it as well', (t) => {
  const at = folder(t);
  const payload = Buffer.from('{"hello":"world"}');
  const envelope = signEnvelope(IN_TOTO, payload, privateKey);
  // The specification's own words: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
  writeFileSync(join(at, 'pae'), `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} ${payload}`);
  writeFileSync(join(at, 'sig'), Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64'));
  writeFileSync(join(at, 'pem'), publicPem(privateKey));
  const argv = ['pkeyutl', '-verify', '-pubin', '-inkey', 'pem', '-rawin', '-in', 'pae', '-sigfile', 'sig'];
  const { status, stdout, error } = spawnSync('openssl', argv, { cwd: at, encoding: 'utf8' });
  if (error !== undefined) return t.skip('needs openssl');
  assert.equal(status, 0, stdout);
});

test('a statement speaks of its subjects, and nothing else is one', () => {
  const statement = provenanceStatement({
    subjects: [{ name: 'image.raw', sha256: 'ab' }],
    buildType: 'urn:x',
    externalParameters: {},
    internalParameters: {},
    materials: [],
    builderId: 'urn:b',
    builderVersion: {},
    invocationId: 'i',
    startedOn: '2026-01-01T00:00:00Z',
    finishedOn: '2026-01-01T00:00:00Z',
    byproducts: [{ name: 'sbom.cdx.json', sha256: 'cd' }],
  });
  const spoken = spokenOf(Buffer.from(JSON.stringify(statement)));
  assert.deepEqual([...(spoken?.subjects ?? [])], [['image.raw', 'ab']]);
  assert.deepEqual([...(spoken?.byproducts ?? [])], [['sbom.cdx.json', 'cd']]);
  for (const text of ['', '[]', '{"_type":"x"}', '\0']) assert.equal(spokenOf(Buffer.from(text)), null);
});

test('the key is made once, for its owner alone, whoever asks at the same time', async (t) => {
  const home = join(folder(t), 'home');
  const keys = await Promise.all(['a', 'b', 'c', 'd'].map((unique) => signingKey(home, unique)));
  assert.equal(new Set(keys.map((key) => createPublicKey(key).export({ type: 'spki', format: 'pem' }))).size, 1);
  assert.deepEqual(readdirSync(home), ['image-signing.key']);
  assert.equal(statSync(join(home, 'image-signing.key')).mode & 0o777, 0o600);
});

test('a key file that holds something else is never replaced, nor repeated', async (t) => {
  const home = folder(t);
  writeFileSync(join(home, 'image-signing.key'), 'hunter2');
  chmodSync(join(home, 'image-signing.key'), 0o600);
  await assert.rejects(signingKey(home, 'a'), (error: Error) => !error.message.includes('hunter2'));
});
