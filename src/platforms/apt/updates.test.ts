import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAIN, SECURITY } from '../../core/compliance/inventory-arbitrary.ts';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';
import { captured } from './fixture-for-tests.ts';
import { type DpkgPackage, parsePackages } from './packages.ts';
import { parsePolicy } from './policy.ts';
import { type Answers, joinAnswers } from './updates.ts';
import { type PlannedArchive, parseShow, parseUpgradeUris } from './upgrade.ts';

const origins = new Map([
  ['http://mirror.example/debian bookworm/main amd64 Packages', MAIN],
  ['http://mirror.example/debian bookworm/main i386 Packages', MAIN],
  ['http://mirror.example/debian-security bookworm-security/main amd64 Packages', SECURITY],
]);

const real = joinAnswers({
  installed: parsePackages(captured('dpkg-query.txt')).packages,
  native: 'amd64',
  policies: parsePolicy(captured('apt-cache-policy.txt')).policies,
  archives: parseUpgradeUris(captured('apt-get-print-uris.txt')).archives,
  resolved: true,
  shown: parseShow(captured('apt-cache-show.txt')).entries,
  origins,
});
const update = (name: string) => real.updates.filter((one) => one.name === name);

test('an update of a real machine has all that its index tells, and its archive', () => {
  assert.deepEqual(update('perl-base'), [
    {
      name: 'perl-base',
      architecture: 'amd64',
      version: '5.36.0-7+deb12u4',
      installedVersion: '5.36.0-7+deb12u3',
      source: 'perl',
      sourceVersion: '5.36.0-7+deb12u4',
      priority: 'required',
      section: 'perl',
      origins: [],
      size: 1_609_596,
      installedKiB: 7643,
      blocked: null,
    },
  ]);
  assert.deepEqual(
    update('bind9').map((one) => one.origins),
    [[SECURITY]],
  );
});

test('a new package has its own index entry and the archives that offer it', () => {
  const [kernel] = update('linux-image-6.1.0-56-amd64');
  assert.deepEqual(
    [kernel?.installedVersion, kernel?.source, kernel?.sourceVersion, kernel?.installedKiB],
    [null, 'linux-signed-amd64', '6.1.192+2', 400_652],
  );
});

test('a package on hold is blocked by that, and one that is kept back says why it may be', () => {
  assert.equal(update('libpng16-16')[0]?.blocked?.reason, 'held');
  assert.equal(update('libpng16-16')[0]?.version, '1.6.39-2+deb12u6');
  assert.deepEqual(
    update('libssl3').map(({ architecture, blocked }) => [architecture, blocked?.reason]),
    [['amd64', 'kept-back']],
  );
});

test('an older version that a pin wants is no update', () => {
  assert.deepEqual(update('tzdata'), []);
  assert.ok(real.packages.some(({ name }) => name === 'tzdata'));
});

test('a version that a pin forbids is no update', () => {
  assert.deepEqual(update('libssh2-1'), []);
});

test('every package has the archives that still offer its version', () => {
  const kernel = real.packages.find(({ name }) => name === 'linux-image-6.1.0-50-amd64');
  assert.deepEqual(kernel?.origins, [MAIN, SECURITY]);
});

const curl: DpkgPackage = {
  name: 'curl',
  architecture: 'amd64',
  version: '1.0',
  source: 'curl',
  sourceVersion: '1.0',
  priority: 'optional',
  section: 'web',
  installedKiB: 5,
  status: 'installed',
  held: false,
};
const archive = (more: Partial<PlannedArchive> = {}): PlannedArchive => ({
  name: 'curl',
  architecture: 'amd64',
  version: '2.0',
  size: 5,
  uri: '',
  ...more,
});
const policy = (more: { name?: string; candidate?: string | null; phased?: number } = {}) => ({
  name: more.name ?? 'curl',
  installed: '1.0',
  candidate: more.candidate === undefined ? '2.0' : more.candidate,
  versions: [
    {
      version: '2.0',
      phased: more.phased ?? null,
      sources: ['http://mirror.example/debian bookworm/main amd64 Packages'],
    },
  ],
});

function joined(more: Partial<Answers>): string[] {
  const nothing = { policies: [], archives: [], shown: [] };
  const { updates } = joinAnswers({ installed: [curl], native: 'amd64', resolved: true, origins, ...nothing, ...more });
  return updates.map(
    (one) => `${one.name}:${one.architecture} ${one.installedVersion}→${one.version} ${one.blocked?.reason ?? '-'}`,
  );
}

const cases: [string, Partial<Answers>, string[]][] = [
  ['what nobody offers has no update', {}, []],
  ['a candidate of (none) is no update', { policies: [policy({ candidate: null })] }, []],
  ['a candidate that is installed is no update', { policies: [policy({ candidate: '1.0' })] }, []],
  ['a candidate that says the same in other words is no update', { policies: [policy({ candidate: '0:1.00' })] }, []],
  ['an older candidate is no update', { policies: [policy({ candidate: '1.0~rc1' })] }, []],
  [
    'a newer candidate counts also where the version table does not know the installed one',
    { policies: [policy()] },
    ['curl:amd64 1.0→2.0 kept-back'],
  ],
  [
    'an archive that the verb installs is not blocked',
    { policies: [policy()], archives: [archive()] },
    ['curl:amd64 1.0→2.0 -'],
  ],
  ['an archive counts without a policy as well', { archives: [archive()] }, ['curl:amd64 1.0→2.0 -']],
  ['an archive of an older version is no update', { archives: [archive({ version: '0.9' })] }, []],
  [
    'an update that is offered to a part of the machines is phased',
    { policies: [policy({ phased: 20 })] },
    ['curl:amd64 1.0→2.0 phased'],
  ],
  [
    'a phased update that the verb installs is not blocked',
    { policies: [policy({ phased: 20 })], archives: [archive()] },
    ['curl:amd64 1.0→2.0 -'],
  ],
  [
    'a hold outranks the phasing',
    { installed: [{ ...curl, held: true }], policies: [policy({ phased: 20 })] },
    ['curl:amd64 1.0→2.0 held'],
  ],
  [
    'each architecture of a package has its own candidate and archive',
    {
      installed: [curl, { ...curl, architecture: 'i386' }],
      policies: [policy(), policy({ name: 'curl:i386' })],
      archives: [archive({ architecture: 'i386' })],
    },
    ['curl:amd64 1.0→2.0 kept-back', 'curl:i386 1.0→2.0 -'],
  ],
  [
    'a package for all machines becomes one for this architecture',
    { installed: [{ ...curl, architecture: 'all' }], archives: [archive()] },
    ['curl:amd64 1.0→2.0 -'],
  ],
  [
    'a package for this architecture becomes one for all machines',
    { archives: [archive({ architecture: 'all' })] },
    ['curl:all 1.0→2.0 -'],
  ],
  [
    'a foreign architecture beside it does not take its update',
    { archives: [archive({ architecture: 'i386' })] },
    ['curl:i386 null→2.0 -'],
  ],
  ['what is not installed and would be is new', { installed: [], archives: [archive()] }, ['curl:amd64 null→2.0 -']],
  ['what is not installed and would not be is nothing', { installed: [], policies: [policy()] }, []],
];
for (const [name, more, expected] of cases) {
  test(name, () => assert.deepEqual(joined(more), expected));
}

test('where apt could not work out what it would install, nothing is said of removals', () => {
  const { updates } = joinAnswers({
    installed: [curl],
    native: 'amd64',
    policies: [policy()],
    archives: [],
    resolved: false,
    shown: [],
    origins,
  });
  assert.equal(updates[0]?.blocked?.detail, 'apt could not work out what it would install.');
});

test('a hold of a foreign architecture is let go by its whole name', () => {
  const installed = [{ ...curl, architecture: 'i386', held: true }];
  const answers = { installed, native: 'amd64', resolved: true, archives: [], shown: [], origins };
  const { updates } = joinAnswers({ ...answers, policies: [policy({ name: 'curl:i386' })] });
  assert.match(updates[0]?.blocked?.detail ?? '', /`apt-mark unhold curl:i386`/);
});

test('a new package is offered by the archives that its policy names, not by all of its mirror', () => {
  const answers = { installed: [], native: 'amd64', resolved: true, archives: [archive()], shown: [], origins };
  assert.deepEqual(joinAnswers({ ...answers, policies: [policy()] }).updates[0]?.origins, [MAIN]);
});

test('every update is newer than its package, and every planned archive is an update or older', () => {
  const { compare } = VERSION_SCHEMES.dpkg;
  const names = fc.constantFrom('curl', 'bash', 'perl');
  const architecture = fc.constantFrom('amd64', 'i386', 'all');
  const version = fc.constantFrom('1.0', '1.0~rc1', '2.0', '1:0.5', '2.0+b1');
  const one = fc.record({ name: names, architecture, version });
  const key = (of: { name: string; architecture: string }) => `${of.name}:${of.architecture === 'i386' ? 'i386' : ''}`;
  const unique = fc.uniqueArray(one, { selector: key });
  fc.assert(
    fc.property(unique, unique, unique, (installed, planned, candidates) => {
      const { packages, updates } = joinAnswers({
        installed: installed.map((of) => ({ ...curl, ...of })),
        native: 'amd64',
        policies: candidates.map((of) => policy({ name: key(of).replace(/:$/, ''), candidate: of.version })),
        archives: planned.map((of) => archive(of)),
        resolved: true,
        shown: [],
        origins,
      });
      assert.equal(packages.length, installed.length);
      for (const found of updates) {
        const here = installed.find((of) => key(of) === key(found));
        assert.equal(found.installedVersion, here?.version ?? null);
        if (here !== undefined) assert.ok(compare(found.version, here.version) > 0);
      }
      for (const of of planned) {
        const here = installed.find((other) => key(other) === key(of));
        const told = updates.some(
          (found) => found.blocked === null && key(found) === key(of) && found.version === of.version,
        );
        assert.equal(told, here === undefined || compare(of.version, here.version) > 0);
      }
    }),
  );
});
