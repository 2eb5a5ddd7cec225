import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSecurityOrigin } from '../../core/compliance/classify.ts';
import { captured } from './fixture-for-tests.ts';
import {
  type ListsAge,
  listsProblems,
  missingSources,
  type PackageSource,
  parseArchitectures,
  parseArchives,
  parseListsAge,
  parseReleasedAt,
  parseSources,
  STALE_AFTER_DAYS,
} from './lists.ts';
import { splitSections } from './sections.ts';

const sections = splitSections(captured('probe-debian12.txt'), '0123456789abcdef0123456789abcdef');
const said = (name: string) => sections.get(name)?.text ?? '';
const sources = parseSources(said('sources'), said('list-files'));
const promised = parseArchitectures(said('lists'));
const SECURITY_I386 = 'http://mirror.example/debian-security bookworm-security/main i386';

test('every list that the sources of a real machine ask for is known, with what is there of it', () => {
  assert.deepEqual(
    sources.map(({ key, present, signed }) => [key, present, signed]),
    [
      ['http://mirror.example/debian bookworm/main amd64', true, true],
      ['http://mirror.example/debian bookworm/main i386', true, true],
      ['http://mirror.example/debian bookworm/main all', false, true],
      ['http://mirror.example/debian bookworm-updates/main amd64', true, true],
      ['http://mirror.example/debian bookworm-updates/main i386', true, true],
      ['http://mirror.example/debian bookworm-updates/main all', false, true],
      ['http://mirror.example/debian-security bookworm-security/main amd64', true, true],
      [SECURITY_I386, false, true],
      ['http://mirror.example/debian-security bookworm-security/main all', false, true],
    ],
  );
});

test('a list of an architecture is missing where packages have that architecture and the archive promises it', () => {
  const both = new Set(['amd64', 'i386']);
  assert.deepEqual(missingSources(sources, promised, both), { configured: 6, missing: [SECURITY_I386] });
  assert.deepEqual(missingSources(sources, promised, new Set(['amd64'])).missing, []);
  const narrow = new Map([...promised].map(([archive]) => [archive, new Set(['amd64'])]));
  assert.deepEqual(missingSources(sources, narrow, both).missing, []);
});

test('of an archive without a Release file every list is wanted', () => {
  const nothing = sources.map((source) => ({ ...source, present: false }));
  const { configured, missing } = missingSources(nothing, new Map(), new Set(['amd64']));
  assert.deepEqual([configured, missing.length], [3, 3]);
});

test('packed lists are lists, and a folder of packages is an archive as well', () => {
  const line =
    'file:/srv/x ./ Packages\tfile:/srv/x\t./\t$(COMPONENT)\t$(ARCHITECTURE)\t/var/lib/apt/lists/_srv_x_._Packages';
  for (const end of ['', '.lz4', '.xz', '.gz', '.zst']) {
    const [flat] = parseSources(line, `lock\n_srv_x_._Packages${end}\n`);
    assert.deepEqual([flat?.key, flat?.present, flat?.signed], ['file:/srv/x ./', true, false]);
  }
  const absent = parseSources(line, 'lock\n');
  assert.deepEqual(missingSources(absent, new Map(), new Set(['amd64'])), {
    configured: 1,
    missing: ['file:/srv/x ./'],
  });
  assert.equal(parseSources(line, '_srv_x_._Release.gpg')[0]?.signed, true);
});

test('archives are known by the words of their own Release files', () => {
  const origins = parseArchives(said('archives'), sources, '');
  assert.equal(origins.size, 6);
  const security = origins.get('http://mirror.example/debian-security bookworm-security/main amd64 Packages');
  assert.deepEqual(security, {
    origin: 'Debian',
    label: 'Debian-Security',
    archive: 'oldstable-security',
    codename: 'bookworm-security',
    component: 'main',
    site: 'http://mirror.example/debian-security',
    trusted: true,
  });
  assert.deepEqual([...origins.values()].filter(isSecurityOrigin), [security]);
});

test('an archive is trusted by its signature, unless the sources say otherwise', () => {
  const [first] = sources;
  assert.ok(first);
  const of = (signed: boolean, trusted: string) =>
    parseArchives(said('archives'), [{ ...first, signed }], trusted).get(first.description)?.trusted;
  assert.equal(of(true, ''), true);
  assert.equal(of(false, ''), false);
  assert.equal(of(false, `${first.description}\tyes\n`), true);
  assert.equal(of(true, `${first.description}\tno\n`), false);
  assert.equal(of(true, `${first.description}\t$(TRUSTED)\n`), true);
  assert.equal(parseArchives(said('archives'), [], '').get(first.description)?.trusted, false);
});

const NOW = new Date('2026-11-22T12:00:00Z');
const seconds = (iso: string) => Date.parse(iso) / 1000;
const partial = `partial\t${seconds('2026-11-22T11:00:00Z')}\n`;
const refreshed = `refreshed\t${seconds('2026-11-10T11:00:00Z')}\n`;
const success = `update-success-stamp\t${seconds('2026-11-12T11:00:00Z')}\n`;
const release = 'release\tx_InRelease\tFri, 20 Nov 2026 00:00:00 UTC\n';

const ages: [string, string, string | null][] = [
  ['nothing tells of it', '', null],
  ['the folder of half-fetched lists, for want of better', partial, '2026-11-22T11:00:00.000Z'],
  ['the date of a Release file, for want of that folder', release, '2026-11-20T00:00:00.000Z'],
  [
    'a stamp of every success, before a folder that failures change too',
    partial + success + release,
    '2026-11-12T11:00:00.000Z',
  ],
  ['our own stamp, before a folder that failures change too', partial + refreshed, '2026-11-10T11:00:00.000Z'],
  [
    'a Release file newer than our own stamp: somebody else fetched it',
    partial + refreshed + release,
    '2026-11-20T00:00:00.000Z',
  ],
  ['the newer of the stamps', refreshed + success, '2026-11-12T11:00:00.000Z'],
  [
    'no date that is yet to come',
    `${refreshed}release\tx\tFri, 20 Nov 2099 00:00:00 UTC\n`,
    '2026-11-10T11:00:00.000Z',
  ],
  ['no date that cannot be read', `${refreshed}release\tx\tsoon\nrelease\tx\n`, '2026-11-10T11:00:00.000Z'],
  ['no stamp that cannot be read', 'partial\t-5\npartial\t1e9\npartial\t1234567890123\n', null],
];
for (const [name, text, expected] of ages) {
  test(`the age of the lists is told by ${name}`, () => {
    assert.equal(parseListsAge(text, NOW).updatedAt?.toISOString() ?? null, expected);
  });
}

test('what lists hold was published by the newest date of their archives, where all of them sign one', () => {
  const at = new Date('2026-12-01T00:00:00Z');
  const told = (text: string, of = sources, now = at) => parseReleasedAt(text, of, now)?.toISOString() ?? null;
  const newest = told(said('lists'));
  assert.ok(newest?.startsWith('2026-11-2') === true);
  assert.equal(told(said('lists'), sources, new Date(Date.parse(newest) - 1)), null, 'a date that is yet to come');
  const [, ...others] = sources.filter(({ present }) => present);
  assert.equal(told(said('lists'), others), newest);
  assert.equal(told(said('lists').replace(/^release\t\S*bookworm-updates.*$/m, '')), null, 'no date');
  assert.equal(told(said('lists').replace(/^(release\t\S*bookworm-updates\S*\t).*$/m, '$1soon')), null);
  assert.equal(told(said('lists'), [...others.map((one) => ({ ...one, signed: false }))]), null);
  assert.equal(told(said('lists'), []), null);
});

test('lists that their archive says are too old have expired, and a date that cannot be read says nothing', () => {
  const until = (date: string) => `valid-until\tx_InRelease\t${date}\n`;
  const expired = (text: string) => parseListsAge(text, NOW).expired.length;
  assert.equal(expired(until('Sun, 22 Nov 2026 11:59:59 UTC')), 1);
  assert.equal(expired(until('Sun, 22 Nov 2026 12:00:00 UTC')), 0);
  assert.equal(expired(until('never')), 0);
  assert.equal(parseListsAge(said('lists'), new Date('2026-11-28T00:53:01Z')).expired.length, 0);
  assert.equal(parseListsAge(said('lists'), new Date('2026-11-28T00:53:03Z')).expired.length, 1);
});

const fresh: ListsAge = { updatedAt: NOW, expired: [] };
const all = { configured: 3, missing: [] };
const limit = NOW.getTime() - STALE_AFTER_DAYS * 86_400_000;
const troubles: [string, ListsAge, { configured: number; missing: string[] }, string[]][] = [
  ['lists that are there and fresh', fresh, all, []],
  ['no source', fresh, { configured: 0, missing: [] }, ['lists-missing']],
  ['no list', fresh, { configured: 2, missing: ['a', 'b'] }, ['lists-missing']],
  ['no list, of unknown age', { ...fresh, updatedAt: null }, { configured: 2, missing: ['a', 'b'] }, ['lists-missing']],
  ['some of the lists', fresh, { configured: 3, missing: ['b'] }, ['lists-incomplete']],
  ['expired lists', { ...fresh, expired: [{ file: 'x', until: NOW }] }, all, ['lists-expired']],
  ['lists of unknown age', { ...fresh, updatedAt: null }, all, ['lists-stale']],
  ['lists at the limit of age', { ...fresh, updatedAt: new Date(limit) }, all, []],
  ['lists past the limit of age', { ...fresh, updatedAt: new Date(limit - 1) }, all, ['lists-stale']],
  [
    'lists that are incomplete, expired and stale',
    { updatedAt: new Date(0), expired: [{ file: 'x', until: NOW }] },
    { configured: 3, missing: ['b'] },
    ['lists-incomplete', 'lists-expired', 'lists-stale'],
  ],
];
for (const [name, age, state, codes] of troubles) {
  test(`${name}: ${codes.join(', ') || 'no problem'}`, () => {
    const problems = listsProblems(age, state, NOW);
    assert.deepEqual(
      problems.map(({ code }) => code),
      codes,
    );
    assert.ok(problems.every(({ unknown, next }) => unknown && next === 'kintsugi scan --refresh'));
  });
}

test('no text of a machine makes them throw', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom('\n', '\t', 'release', 'valid-until', ' 500 x', '     release o=a', '99999999999'),
      ),
    )
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, text, text, (one, two, three) => {
      const found: PackageSource[] = parseSources(one, two);
      parseArchives(three, found, one);
      const age = parseListsAge(three, NOW);
      listsProblems(age, missingSources(found, parseArchitectures(two), new Set(['amd64'])), NOW);
    }),
  );
});
