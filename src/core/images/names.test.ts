import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  digestOfRevocation,
  familyOfGold,
  goldParameter,
  isDigest,
  isFamily,
  readImageReference,
  revocationParameter,
  shortDigest,
} from './names.ts';

const HEX = '0123456789abcdef'.repeat(4);
const digests = fc.oneof(
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
    .map((one) => `sha256:${one}`),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 17, maxLength: 17 }).map((one) => `ami-${one}`),
);

test('a family is a word that leads nowhere else', () => {
  for (const good of ['web', 'Web_1', 'a', 'a.b-c', 'x'.repeat(100)]) assert.ok(isFamily(good), good);
  const bad = ['', '.', '..', '-a', 'a-', 'a/b', 'a b', 'revoked', 'a\n', 'ä', 'a@b', 'x'.repeat(101), "'; --"];
  for (const one of bad) assert.ok(!isFamily(one), one);
});

test('an image is named by its whole digest or the id of an AMI', () => {
  for (const good of [`sha256:${HEX}`, 'ami-01234567', 'ami-0123456789abcdef0']) assert.ok(isDigest(good), good);
  const bad = [HEX, `sha256:${HEX}0`, `sha256:${HEX.toUpperCase()}`, 'ami-', 'ami-012345678', `sha256:${HEX}\n`, 'x'];
  for (const one of bad) assert.ok(!isDigest(one), one);
});

test('the name of a parameter says which image it revokes', () => {
  fc.assert(
    fc.property(digests, (digest) => {
      assert.equal(digestOfRevocation(revocationParameter(digest)), digest);
      assert.match(revocationParameter(digest), /^[a-zA-Z0-9_.\-/]+$/);
      assert.equal(familyOfGold(revocationParameter(digest)), null);
    }),
  );
  for (const name of ['/images/revoked/x', '/images/revoked', '/images/web/revoked/ami-01234567', 'ami-01234567'])
    assert.equal(digestOfRevocation(name), null, name);
});

test('the name of a parameter says whose gold image it is', () => {
  assert.equal(familyOfGold(goldParameter('web')), 'web');
  for (const name of ['/images/revoked/gold', '/images/a/b/gold', '/images//gold', '/images/web/golden'])
    assert.equal(familyOfGold(name), null, name);
});

test('a reference is a family, and after an @ the beginning of a digest', () => {
  assert.deepEqual(readImageReference('web'), { family: 'web', digest: null });
  assert.deepEqual(readImageReference('web@0123'), { family: 'web', digest: 'sha256:0123' });
  assert.deepEqual(readImageReference(`web@sha256:${HEX}`), { family: 'web', digest: `sha256:${HEX}` });
  assert.deepEqual(readImageReference('web@ami-01234567'), { family: 'web', digest: 'ami-01234567' });
  for (const text of ['', '@', 'web@', 'web@012', 'web@xyz1', 'web@a@b', 'a/b@0123', `web@${'0'.repeat(65)}`])
    assert.equal(readImageReference(text), null, text);
  assert.equal(shortDigest(`sha256:${HEX}`), HEX.slice(0, 12));
});
