import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOrder, readVectors, withoutVectors } from '../../../test/vectors.ts';
import { compareDpkg, dpkgKey, isValidDpkg, parseDpkg } from './dpkg.ts';
import { compareKeys } from './key.ts';

for (const table of ['dpkg-Dpkg_Version.t.txt', 'debian-libapt-10k.txt']) {
  test(`dpkg versions and their keys order as ${table} says`, { skip: withoutVectors }, () => {
    const rows = readVectors(table).map(readOrder);
    const wrong = rows.filter(({ a, b, order }) => compareDpkg(a, b) !== order || compareDpkg(b, a) !== 0 - order);
    const wrongKeys = rows.filter(({ a, b, order }) => compareKeys(dpkgKey(a) ?? '', dpkgKey(b) ?? '') !== order);
    assert.ok(rows.length > 40);
    assert.deepEqual({ wrong, wrongKeys }, { wrong: [], wrongKeys: [] });
    assert.deepEqual(
      rows.flatMap(({ a, b }) => [a, b]).filter((version) => !isValidDpkg(version)),
      [],
    );
  });
}

test('dpkg versions are valid as dpkg-validity.txt says', { skip: withoutVectors }, () => {
  const rows = readVectors('dpkg-validity.txt').map((line) => {
    const [, text = '', verdict] = line.match(/^(".*")\t(valid|invalid)$/) ?? [];
    return { version: JSON.parse(text) as string, verdict };
  });
  const wrong = rows.filter(({ version, verdict }) => isValidDpkg(version) !== (verdict === 'valid'));
  const wrongKeys = rows.filter(({ version, verdict }) => (dpkgKey(version) !== undefined) !== (verdict === 'valid'));
  assert.equal(rows.length, 84);
  assert.deepEqual({ wrong, wrongKeys }, { wrong: [], wrongKeys: [] });
});

test('a version that dpkg refuses comes with the reason in its words', () => {
  const reasons = ['', '1 1', ':1', '1a:1', '-1:1', '2147483648:1', '1:', '1-', '0:-1', 'v1', '1_1', '1-1:0'].map(
    (text) => {
      const parse = parseDpkg(text);
      return 'reason' in parse ? parse.reason : parse.version;
    },
  );
  assert.deepEqual(reasons, [
    'version string is empty',
    'version string has embedded spaces',
    'epoch in version is empty',
    'epoch in version is not number',
    'epoch in version is negative',
    'epoch in version is too big',
    'nothing after colon in version number',
    'revision number is empty',
    'version number is empty',
    'version number does not start with digit',
    'invalid character in version number',
    'epoch in version is not number',
  ]);
});

test('a dpkg version falls apart at the first colon and the last hyphen', () => {
  assert.deepEqual(parseDpkg(' 2:1.0-rc1:x-3+b1 '), { version: { epoch: 2, upstream: '1.0-rc1:x', revision: '3+b1' } });
  assert.deepEqual(parseDpkg('7'), { version: { epoch: 0, upstream: '7', revision: null } });
});

test('what dpkg takes by accident is taken as well: white space and a sign before an epoch', () => {
  for (const odd of ['+1:2', '\n1:2', '\v+01:2', ' 1:2\t']) {
    assert.ok(isValidDpkg(odd), JSON.stringify(odd));
    assert.equal(compareDpkg(odd, '1:2'), 0, JSON.stringify(odd));
    assert.equal(dpkgKey(odd), dpkgKey('1:2'), JSON.stringify(odd));
  }
});

test('a version of more than 4096 characters is not valid and still compares', () => {
  const long = `1${'0'.repeat(4096)}`;
  assert.deepEqual(parseDpkg(long), { reason: 'version string is too long' });
  assert.equal(dpkgKey(long), undefined);
  assert.equal(compareDpkg(long, `${long}0`), -1);
});

test('keys are plain text that shows the version', () => {
  assert.equal(dpkgKey('1:2.30~rc1-4'), '#1#2}$30!rc#1"#4"');
});
