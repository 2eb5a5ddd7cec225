import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installed, inventory, updateOf } from '../../core/compliance/inventory-arbitrary.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import { changesBetween, failures, withLeftOut } from './changes.ts';

const at = (name: string, version: string, architecture = 'amd64') => ({ name, version, architecture });
const planned = (name: string, to: string | null, architecture = 'amd64'): PlannedInstall => ({
  name,
  architecture,
  from: '1',
  to,
  step: 1,
  chosen: true,
});

type Words = Parameters<typeof changesBetween>;
const table: [string, ...Words, string[]][] = [
  ['what stayed is no change', [at('curl', '1')], [at('curl', '1')], [planned('curl', '2')], []],
  ['an update', [at('curl', '1')], [at('curl', '2')], [planned('curl', '2')], ['curl:amd64 1→2 planned']],
  [
    'an update to another version',
    [at('curl', '1')],
    [at('curl', '3')],
    [planned('curl', '2')],
    ['curl:amd64 1→3 not planned'],
  ],
  ['a new package', [], [at('curl', '2')], [planned('curl', '2')], ['curl:amd64 null→2 planned']],
  ['a removal', [at('curl', '1')], [], [planned('curl', null)], ['curl:amd64 1→null planned']],
  [
    'a removal of an architecture',
    [at('curl', '1', 'i386')],
    [],
    [planned('curl', null)],
    ['curl:i386 1→null not planned'],
  ],
  ['what nobody planned', [], [at('curl', '2')], [], ['curl:amd64 null→2 not planned']],
  [
    'a package that becomes one for this architecture',
    [at('curl', '1', 'all')],
    [at('curl', '2')],
    [planned('curl', '2')],
    ['curl:amd64 1→2 planned'],
  ],
  [
    'a package that becomes one for all',
    [at('curl', '1')],
    [at('curl', '2', 'all')],
    [planned('curl', '2', 'all')],
    ['curl:all 1→2 planned'],
  ],
  [
    'one architecture instead of another',
    [at('curl', '1', 'i386')],
    [at('curl', '2')],
    [planned('curl', '2')],
    ['curl:amd64 null→2 planned', 'curl:i386 1→null not planned'],
  ],
  [
    'several, by name',
    [at('zlib', '1'), at('acl', '1')],
    [at('zlib', '2'), at('acl', '2')],
    [],
    ['acl:amd64 1→2 not planned', 'zlib:amd64 1→2 not planned'],
  ],
];
for (const [name, before, after, installs, expected] of table) {
  test(`${name}: ${expected.join(', ') || 'nothing'}`, () => {
    const found = changesBetween(before, after, installs);
    assert.deepEqual(
      found.map((one) => `${one.name}:${one.architecture} ${one.from}→${one.to} ${one.planned ? '' : 'not '}planned`),
      expected,
    );
  });
}

const LOG = `Setting up libexpat1:amd64 (2.5.0-1+deb12u5) ...
dpkg: error processing package libexpat1:amd64 (--configure):
 installed libexpat1:amd64 package post-installation script subprocess returned error exit status 1
dpkg: error processing archive /var/cache/kintsugi/archives/jq_1.6-2.1_amd64.deb (--unpack):
 unable to install new version of './usr/bin/jq': No space left on device
dpkg: error processing package libexpat1-dev (--configure):
 dependency problems - leaving unconfigured
`;
const end = { runId: 'x', result: 'failed', detail: 'step 1', log: LOG, wentDown: false } as const;

test('what did not come to its version has failed, with what dpkg said of it', () => {
  const installs = ['libexpat1', 'jq', 'libexpat1-dev', 'perl'].map((name) => planned(name, '2'));
  assert.deepEqual(
    [...failures(installs, [], end)],
    [
      [
        'libexpat1:amd64',
        'installed libexpat1:amd64 package post-installation script subprocess returned error exit status 1',
      ],
      ['jq:amd64', "unable to install new version of './usr/bin/jq': No space left on device"],
      ['libexpat1-dev:amd64', 'dependency problems - leaving unconfigured'],
      ['perl:amd64', 'failed: step 1'],
    ],
  );
});

test('what is there in its version, but not all the way, has failed as well', () => {
  const installs = [planned('perl', '2')];
  const here = (status: 'installed' | 'half-configured') => [installed({ name: 'perl', version: '2', status })];
  assert.equal(failures(installs, here('installed'), end).size, 0);
  assert.equal(failures(installs, here('half-configured'), end).size, 1);
});

test('a removal is no installation that could fail', () => {
  assert.equal(failures([planned('perl', null)], [], end).size, 0);
});

test('what was left out for its configuration files is blocked by them', () => {
  const one = installed();
  const of = inventory({ packages: [one], updates: [updateOf(one)] });
  const leftOut = { ...at('openssl', '3.0.22-1~deb12u2'), reason: 'conffile-blocked' as const, detail: '/etc/x' };
  assert.deepEqual(withLeftOut(of, [leftOut]).updates[0]?.blocked, { reason: 'conffile-blocked', detail: '/etc/x' });
  assert.equal(withLeftOut(of, [{ ...leftOut, reason: 'refused' }]), of);
  assert.equal(withLeftOut(of, [{ ...leftOut, architecture: 'i386' }]).updates[0]?.blocked, null);
});
