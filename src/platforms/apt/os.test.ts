import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { captured } from './fixture-for-tests.ts';
import { parseOsRelease } from './os.ts';

test('Debian is known by its own file', () => {
  assert.deepEqual(parseOsRelease(captured('os-release-debian12.txt')), {
    id: 'debian',
    versionId: '12',
    codename: 'bookworm',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    operatingSystem: 'DEBIAN',
    product: 'Debian12',
    ecosystem: 'debian:12',
  });
});

const systems: [string, string, string | null][] = [
  ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n', 'UBUNTU Ubuntu22.04 ubuntu:22.04'],
  ['Raspbian', 'ID=raspbian\nID_LIKE=debian\nVERSION_ID="12"\n', 'RASPBIAN Raspbian12 raspbian:12'],
  [
    'a derivative, by the first system that it is like',
    'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="21.3"',
    'UBUNTU Ubuntu21.3 linuxmint:21.3',
  ],
  ['Debian without a version, as testing is', 'ID=debian', 'DEBIAN Debian debian:'],
  ['single quotes and comments', "# a comment\n  ID='debian'\nVERSION_ID='12'", 'DEBIAN Debian12 debian:12'],
  ['another family', 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"', null],
  ['no file', '', null],
  ['an empty id', 'ID=\nVERSION_ID=12', null],
  ['a name that every object has', 'ID=constructor\nID_LIKE="__proto__ toString"', null],
];
for (const [name, text, expected] of systems) {
  test(`${name} ${expected === null ? 'is no system with apt' : `is ${expected}`}`, () => {
    const os = parseOsRelease(text);
    assert.equal(os === null ? null : `${os.operatingSystem} ${os.product} ${os.ecosystem}`, expected);
  });
}

test('what is escaped inside quotes is itself', () => {
  const os = parseOsRelease('ID=debian\nPRETTY_NAME="a \\"b\\" \\$c \\\\ d"');
  assert.equal(os?.prettyName, 'a "b" $c \\ d');
});

test('no file makes it throw', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\n', 'ID=', 'ID_LIKE=', 'debian', '"', "'", '\\'),
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => void parseOsRelease(pieces.join(''))));
});
