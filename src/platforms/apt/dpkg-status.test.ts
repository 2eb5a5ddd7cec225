import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { output, readFacts, withoutFacts } from '../../../test/facts.ts';
import { readDpkgStatus } from './dpkg-status.ts';

function fixture(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

test('packages are read with their state and source', () => {
  const { packages, problems } = readDpkgStatus(fixture('dpkg-status.txt'));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    packages.map((one) => [one.name, one.architecture, one.source, one.want, one.state, one.reinstallRequired]),
    [
      ['adduser', 'all', 'adduser', 'install', 'installed', false],
      ['libc6', 'amd64', 'glibc', 'install', 'installed', false],
      ['pkgconf', 'amd64', 'pkgconf', 'install', 'installed', false],
    ],
  );
  assert.deepEqual(packages[0]?.conffiles, [
    { path: '/etc/adduser.conf', md5: 'cc3493ecd2d09837ffdcc3e25fdfff18', obsolete: false, removeOnUpgrade: false },
    { path: '/etc/deluser.conf', md5: '11a06baf8245fd8d690b99024d228c1f', obsolete: false, removeOnUpgrade: false },
  ]);
});

test('conffiles keep their blanks and carry the marks that dpkg gives them', () => {
  const [conf] = readDpkgStatus(fixture('dpkg-status-conffiles.txt')).packages;
  assert.deepEqual(conf?.conffiles, [
    { path: '/etc/kept', md5: '1597a5a9948014489de663c8fb4438db', obsolete: false, removeOnUpgrade: false },
    { path: '/etc/with blank', md5: '3b5d5c3712955042212316173ccf37be', obsolete: false, removeOnUpgrade: false },
    { path: '/etc/never', md5: null, obsolete: false, removeOnUpgrade: true },
    { path: '/etc/dropped', md5: '2cd6ee2c70b0bde53fbe6cac3c8b8bb1', obsolete: true, removeOnUpgrade: false },
  ]);
});

test('packages that were never installed have no version and are no fault', () => {
  const text =
    'Package: gone\nStatus: purge ok not-installed\nPriority: optional\n\nPackage: bad\nStatus: hold reinstreq half-installed\nVersion: 1\n';
  const { packages, problems } = readDpkgStatus(Buffer.from(text));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    packages.map((one) => [one.name, one.version, one.want, one.state, one.reinstallRequired]),
    [
      ['gone', '', 'purge', 'not-installed', false],
      ['bad', '1', 'hold', 'half-installed', true],
    ],
  );
});

test('a real status file gives its 930 packages', { skip: withoutFacts }, () => {
  const { packages, problems } = readDpkgStatus(readFacts('debian-bookworm-2026-11/sample-host-dpkg-status.xz'));
  assert.deepEqual(problems, []);
  assert.equal(packages.length, 930);
  assert.ok(packages.every((one) => one.state === 'installed' && one.version !== '' && one.architecture !== ''));
});

const STATUS = '/var/lib/dpkg/status';
const FIELDS = ['Package', 'Version', 'Architecture', 'source:Package', 'source:Version', 'db:Status-Status'];
const FORMAT = `${FIELDS.map((field) => `\${${field}}`).join('\t')}\n`;

test('this machine is read as dpkg-query reads it', (t) => {
  if (!existsSync(STATUS)) return t.skip('no dpkg on this machine');
  const known = readDpkgStatus(readFileSync(STATUS)).packages;
  const rows = known.map((one) =>
    [one.name, one.version, one.architecture, one.source, one.sourceVersion, one.state].join('\t'),
  );
  const expected = output('dpkg-query', ['--show', `--showformat=${FORMAT}`])
    .toString()
    .trim()
    .split('\n');
  assert.deepEqual(rows.sort(), expected.sort());
});
