import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExposureSubject } from './exposure-subject.ts';

test('ids and names are told apart by how they are written', () => {
  const table: [string, object][] = [
    ['CVE-2024-3094', { kind: 'cve', id: 'CVE-2024-3094' }],
    [' cve-2024-3094 ', { kind: 'cve', id: 'CVE-2024-3094' }],
    ['DSA-5673-1', { kind: 'advisory', id: 'DSA-5673-1' }],
    ['dsa-5673', { kind: 'advisory', id: 'dsa-5673' }],
    ['USN-6700-1', { kind: 'advisory', id: 'USN-6700-1' }],
    ['ALSA-2024:1234', { kind: 'advisory', id: 'ALSA-2024:1234' }],
    ['DEBIAN-CVE-2024-3094', { kind: 'advisory', id: 'DEBIAN-CVE-2024-3094' }],
    ['GHSA-abcd-1234-wxyz', { kind: 'advisory', id: 'GHSA-abcd-1234-wxyz' }],
    ['openssl', { kind: 'package', name: 'openssl', bound: null }],
    ['python3.11', { kind: 'package', name: 'python3.11', bound: null }],
    ['linux-image-6.1.0-50-amd64', { kind: 'package', name: 'linux-image-6.1.0-50-amd64', bound: null }],
    ['libstdc++6', { kind: 'package', name: 'libstdc++6', bound: null }],
    [
      'openssl<3.0.17-1~deb12u3',
      { kind: 'package', name: 'openssl', bound: { operator: '<', version: '3.0.17-1~deb12u3' } },
    ],
    ['openssl << 3', { kind: 'package', name: 'openssl', bound: { operator: '<', version: '3' } }],
    ['bash>=5', { kind: 'package', name: 'bash', bound: { operator: '>=', version: '5' } }],
  ];
  for (const [text, subject] of table) assert.deepEqual(parseExposureSubject(text), subject, text);
});

test('what is none of these is refused and not taken for a package', () => {
  for (const text of [
    '',
    ' ',
    'CVE-2024',
    'CVE-24-3094',
    'cve',
    'cve-',
    '<3',
    'a b',
    'open ssl<3',
    'x<',
    'x<3 4',
    '../x',
    '-x',
  ]) {
    assert.ok('fault' in parseExposureSubject(text), text);
  }
});

test('any text at all is answered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
      const subject = parseExposureSubject(text);
      assert.ok('fault' in subject || subject.kind !== undefined);
    }),
  );
});
