import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { compareDpkg } from '../../core/versions/dpkg.ts';
import { candidates } from './candidates.ts';
import { readDpkgStatus } from './dpkg-status.ts';
import { readPackagesIndex } from './packages-index.ts';

const ARCHIVE = 'debian-bookworm-2026-11';
const LISTED = /^([^/]+)\/\S+ (\S+) (\S+) \[upgradable from: (\S+)\]$/;

test('the candidates of a real host are what apt listed there', { skip: withoutFacts }, () => {
  const status = readDpkgStatus(readFacts(`${ARCHIVE}/sample-host-dpkg-status.xz`)).packages;
  const wanted = new Set(status.map((one) => one.name));
  const indexes = ['main', 'security_main', 'updates_main'].map((name) =>
    readPackagesIndex(readFacts(`${ARCHIVE}/${name}_binary-amd64_Packages.xz`), { wanted }),
  );
  const rows = candidates(status, indexes, 'amd64', compareDpkg).map(({ installed, candidate }) =>
    [candidate.name, candidate.version, candidate.architecture, installed.version].join(' '),
  );
  const listed = readFacts(`${ARCHIVE}/sample-host-apt-list-upgradable.txt`).toString().trim().split('\n');
  const expected = listed.map((line) => LISTED.exec(line)?.slice(1).join(' ') ?? line);
  assert.ok(expected.length > 100);
  assert.deepEqual(rows.sort(), expected.sort());
});

function host(stanza: string, ...offers: string[]) {
  const status = readDpkgStatus(Buffer.from(`${stanza}\n`)).packages;
  const indexes = offers.map((offer) => readPackagesIndex(Buffer.from(offer)));
  return candidates(status, indexes, 'amd64', compareDpkg).map(({ candidate }) => candidate.version);
}

test('the highest version of all archives wins, whatever their order', () => {
  const installed = 'Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.9';
  const offer = (version: string) => `Package: a\nArchitecture: amd64\nVersion: ${version}\n`;
  assert.deepEqual(host(installed, offer('1.10'), offer('1.10~rc1')), ['1.10']);
  assert.deepEqual(host(installed, offer('1.10~rc1'), offer('1.10')), ['1.10']);
  assert.deepEqual(host(installed, offer('1.9'), offer('1.8')), []);
});

test('an architecture is upgraded by itself and by all, and all by the native one', () => {
  const installed = (architecture: string) =>
    `Package: a\nStatus: install ok installed\nArchitecture: ${architecture}\nVersion: 1`;
  const offer = (architecture: string) => `Package: a\nArchitecture: ${architecture}\nVersion: 2\n`;
  assert.deepEqual(host(installed('i386'), offer('amd64')), []);
  assert.deepEqual(host(installed('i386'), offer('i386')), ['2']);
  assert.deepEqual(host(installed('i386'), offer('all')), ['2']);
  assert.deepEqual(host(installed('all'), offer('amd64')), ['2']);
  assert.deepEqual(host(installed('all'), offer('i386')), []);
});

test('what is removed but for its configuration has no candidate', () => {
  const removed = 'Package: a\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1';
  assert.deepEqual(host(removed, 'Package: a\nArchitecture: all\nVersion: 2\n'), []);
});
