import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { captured } from './fixture-for-tests.ts';
import { parsePolicy } from './policy.ts';

const { policies, unread } = parsePolicy(captured('apt-cache-policy.txt'));
const of = (name: string) => policies.find((policy) => policy.name === name);

test('every line of a real answer is read', () => {
  assert.deepEqual(unread, []);
  assert.deepEqual(
    policies.map(({ name, installed, candidate }) => [name, installed, candidate]),
    [
      ['tzdata', '2026f-0+deb12u1', '2026b-0+deb12u1'],
      ['libssh2-1', '1.10.0-3+b1', '1.10.0-3+b1'],
      ['libssl3', '3.0.20-1~deb12u2', '3.0.22-1~deb12u2'],
      ['libssl3:i386', '3.0.20-1~deb12u2', '3.0.20-1~deb12u2'],
      ['linux-image-amd64', '6.1.176-1', '6.1.192-2'],
      ['linux-image-6.1.0-50-amd64', '6.1.176-1', '6.1.176-1'],
      ['libpng16-16', '1.6.39-2+deb12u5', '1.6.39-2+deb12u6'],
      ['libnss3:i386', null, '2:3.87.1-1+deb12u2'],
      ['default-mta', null, null],
      ['bind9', '1:9.18.49-1~deb12u1', '1:9.18.49-1~deb12u3'],
    ],
  );
});

test('each version has the archives that offer it', () => {
  assert.deepEqual(of('libssl3')?.versions, [
    {
      version: '3.0.22-1~deb12u2',
      phased: null,
      sources: ['http://mirror.example/debian-security bookworm-security/main amd64 Packages'],
    },
    {
      version: '3.0.20-1~deb12u2',
      phased: null,
      sources: ['http://mirror.example/debian bookworm/main amd64 Packages', '/var/lib/dpkg/status'],
    },
    {
      version: '3.0.17-1~deb12u2',
      phased: null,
      sources: ['http://mirror.example/debian bookworm-updates/main amd64 Packages'],
    },
  ]);
});

test('a package that nothing offers has neither candidate nor version', () => {
  assert.deepEqual(of('default-mta'), { name: 'default-mta', installed: null, candidate: null, versions: [] });
});

test('a version that a pin wants, above 1000 or below 0, is a version like any other', () => {
  assert.deepEqual(
    of('tzdata')?.versions.map(({ version }) => version),
    ['2026f-0+deb12u1', '2026b-0+deb12u1', '2025b-0+deb12u1'],
  );
  assert.deepEqual(
    of('libssh2-1')?.versions.map(({ version }) => version),
    ['1.10.0-3+deb12u1', '1.10.0-3+b1'],
  );
});

test('an archive that a pin puts above 1000 is an archive, not a version', () => {
  const pinned = parsePolicy(captured('apt-cache-policy-pinned-archive.txt'));
  assert.deepEqual(pinned.unread, []);
  assert.deepEqual(
    pinned.policies[0]?.versions.map(({ version, sources }) => [version, sources.length]),
    [
      ['3.0.22-1~deb12u2', 1],
      ['3.0.20-1~deb12u2', 2],
      ['3.0.17-1~deb12u2', 1],
    ],
  );
});

test('the share of machines that a version is offered to is read', () => {
  const text =
    'curl:\n  Installed: 1.0\n  Candidate: 2.0\n  Version table:\n     2.0 500 (phased 20%)\n        500 http://mirror.example x/main amd64 Packages\n';
  assert.equal(parsePolicy(text).policies[0]?.versions[0]?.phased, 20);
});

const strange: [string, string][] = [
  ['a line before any package', '  Installed: 1.0'],
  ['a version before any package', '     1.0 500'],
  ['an archive without a version', 'curl:\n        500 http://mirror.example x/main amd64 Packages'],
  ['words where a name stands', 'Package files:\n 100 /var/lib/dpkg/status'],
  ['a version without a priority', 'curl:\n     1.0'],
  ['a version with more behind it', 'curl:\n     1.0 500 (phased 20%) and more'],
  ['an unknown field', 'curl:\n  Held: 1.0'],
  ['a tab for spaces', 'curl:\n\t1.0 500'],
  ['a carriage return', 'curl:\n     1.0 500\r'],
];
for (const [name, text] of strange) {
  test(`${name} is answered as unread`, () => assert.notDeepEqual(parsePolicy(text).unread, []));
}

test('no text makes it throw, and every line is read or told', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '\n',
      'curl:',
      '  Installed: ',
      '  Candidate: (none)',
      '     1.0 500',
      '        500 x',
      ' *** ',
      '  Version table:',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('');
      const found = parsePolicy(text);
      const lines = text.split('\n').filter((line) => line !== '');
      for (const line of found.unread) assert.ok(lines.includes(line));
      for (const line of lines) {
        if (!/^(?:\S+:$| {2}(?:Installed|Candidate|Package pin|Version table):| {5}| \*{3} )/.test(line)) {
          assert.ok(found.unread.includes(line), JSON.stringify(line));
        }
      }
    }),
  );
});
