import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mirrorAmong, parseList, parseSources } from './mirror.ts';

test('deb822 stanzas give their URIs, suites, components and keyring', () => {
  const text = [
    '# a comment',
    'Types: deb deb-src',
    'URIs: http://one.example/debian http://two.example/debian',
    'Suites: bookworm',
    '# a comment within',
    ' bookworm-updates',
    'Components: main contrib',
    'Signed-By: /usr/share/keyrings/some.gpg',
    '',
    'types: deb',
    'Enabled: no',
    'URIs: http://off.example/',
    'Suites: bookworm',
    'Components: main',
    '',
    'Types: deb-src',
    'URIs: http://source.example/',
    'Suites: bookworm',
    'Components: main',
  ].join('\n');
  const rest = {
    suites: ['bookworm', 'bookworm-updates'],
    components: ['main', 'contrib'],
    signedBy: '/usr/share/keyrings/some.gpg',
  };
  assert.deepEqual(parseSources(text), [
    { uri: 'http://one.example/debian', ...rest },
    { uri: 'http://two.example/debian', ...rest },
  ]);
});

test('a key that stands in the stanza itself is not taken for a file', () => {
  const text =
    'Types: deb\nURIs: http://one.example/\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN KEY-----\n .\n';
  assert.deepEqual(parseSources(text), [
    { uri: 'http://one.example/', suites: ['sid'], components: ['main'], signedBy: undefined },
  ]);
});

test('one-line entries are read with their options; comments and sources are not', () => {
  const text = [
    'deb [ arch=amd64 signed-by=/k.gpg ] http://one.example/debian bookworm main contrib # why',
    '  deb http://two.example/debian-security bookworm-security main',
    'deb-src http://one.example/debian bookworm main',
    '# deb http://three.example/debian bookworm main',
    'deb http://flat.example/ ./',
  ].join('\n');
  assert.deepEqual(parseList(text), [
    { uri: 'http://one.example/debian', suites: ['bookworm'], components: ['main', 'contrib'], signedBy: '/k.gpg' },
    {
      uri: 'http://two.example/debian-security',
      suites: ['bookworm-security'],
      components: ['main'],
      signedBy: undefined,
    },
  ]);
});

test('the mirror is the main and the security archive of Debian, other vendors left aside', () => {
  const sources = parseList(
    [
      'deb http://vendor.example/apt nodistro main',
      'deb [signed-by=/d.gpg] http://one.example/debian/ trixie main',
      'deb http://one.example/debian-security/ trixie-security main',
    ].join('\n'),
  );
  assert.deepEqual(mirrorAmong(sources), {
    main: 'http://one.example/debian',
    security: 'http://one.example/debian-security',
    keyring: '/d.gpg',
  });
  assert.equal(mirrorAmong(sources.slice(0, 2)), undefined, 'no security archive, no mirror');
});
