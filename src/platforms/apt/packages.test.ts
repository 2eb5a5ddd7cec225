import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { captured } from './fixture-for-tests.ts';
import { parsePackages } from './packages.ts';

const text = captured('dpkg-query.txt');

test('every package of a real answer is read, and what was removed is left out', () => {
  const { packages, unread } = parsePackages(text);
  assert.deepEqual(unread, []);
  assert.equal(packages.length, text.split('\n').filter((line) => line !== '').length - 1);
  assert.ok(!packages.some(({ name }) => name === 'libnginx-mod-http-echo'));
  const of = (name: string) => packages.filter((one) => one.name === name);
  assert.deepEqual(of('bash'), [
    {
      name: 'bash',
      architecture: 'amd64',
      version: '5.2.15-2+b13',
      source: 'bash',
      sourceVersion: '5.2.15-2',
      priority: 'required',
      section: 'shells',
      installedKiB: 7164,
      status: 'installed',
      held: false,
    },
  ]);
  assert.deepEqual(
    of('libssl3').map(({ architecture }) => architecture),
    ['amd64', 'i386'],
  );
  assert.deepEqual(
    of('libpng16-16').map(({ held, status }) => [held, status]),
    [[true, 'installed']],
  );
  assert.deepEqual(
    packages.filter(({ status }) => status !== 'installed').map(({ name, status }) => [name, status]),
    [
      ['libbrotli1', 'unpacked'],
      ['libexpat1', 'half-configured'],
    ],
  );
  assert.deepEqual(
    of('linux-image-6.1.0-50-amd64').map(({ source, sourceVersion }) => [source, sourceVersion]),
    [['linux-signed-amd64', '6.1.176+1']],
  );
});

const line = (abbreviation: string, rest: Partial<Record<'version' | 'size' | 'source', string>> = {}) =>
  [
    'curl',
    'amd64',
    rest.version ?? '1.0',
    rest.source ?? '',
    '',
    abbreviation,
    'optional',
    'web',
    rest.size ?? '5',
  ].join('\t');

const statuses: [string, string][] = [
  ['ii ', 'installed'],
  ['hi ', 'installed'],
  ['ri ', 'installed'],
  ['iU ', 'unpacked'],
  ['iF ', 'half-configured'],
  ['iH ', 'half-installed'],
  ['iW ', 'triggers-awaited'],
  ['it ', 'triggers-pending'],
  ['iiR', 'half-installed'],
  ['rHR', 'half-installed'],
];
for (const [abbreviation, status] of statuses) {
  test(`the abbreviation ${JSON.stringify(abbreviation)} means ${status}`, () => {
    const [one] = parsePackages(line(abbreviation)).packages;
    assert.deepEqual([one?.status, one?.held], [status, abbreviation.startsWith('h')]);
  });
}

test('what is not there is no package, with or without a version', () => {
  for (const abbreviation of ['un ', 'rc ', 'pn ', 'in ']) {
    assert.deepEqual(parsePackages(line(abbreviation, { version: '' })), { packages: [], unread: [] });
  }
});

test('a package that does not tell its size or its source has none, or itself', () => {
  const [one] = parsePackages(line('ii ', { size: '' })).packages;
  assert.deepEqual([one?.installedKiB, one?.source, one?.sourceVersion], [null, 'curl', '1.0']);
  assert.equal(parsePackages(line('ii ', { size: '-5' })).packages[0]?.installedKiB, null);
  assert.equal(parsePackages(line('ii ', { size: '1e9' })).packages[0]?.installedKiB, null);
});

const strange = [
  'curl',
  'curl\tamd64\t1.0',
  line('ii ').slice(0, line('ii ').lastIndexOf('\t')),
  `${line('ii ')}\tmore`,
  line('ii ').replace('web', 'w\teb'),
  line('i'),
  line(''),
  line('iX '),
  line('ii ', { version: '' }),
  line('ii ').replace('curl', ''),
  line('ii ').replace('amd64', ''),
];
for (const one of strange) {
  test(`the line ${JSON.stringify(one)} is answered as unread`, () => {
    assert.deepEqual(parsePackages(one), { packages: [], unread: [one] });
  });
}

test('no text makes it throw, and no line is lost but those of packages that are not there', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom('\n', '\t', 'ii ', 'rc ', line('ii '), line('un ')),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const given = pieces.join('');
      const { packages, unread } = parsePackages(given);
      const lines = given.split('\n').filter((one) => one !== '');
      const gone = lines.filter((one) => /^[^\t]+\t[^\t]+(?:\t[^\t]*){3}\t.[nc][^\t]*(?:\t[^\t]*){3}$/s.test(one));
      assert.equal(packages.length + unread.length + gone.length, lines.length);
    }),
  );
});
