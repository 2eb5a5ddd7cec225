import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { captured } from './fixture-for-tests.ts';
import { parseShow, parseUpgradeUris } from './upgrade.ts';

test('every archive of a real answer is read', () => {
  const { archives, unread } = parseUpgradeUris(captured('apt-get-print-uris.txt'));
  assert.deepEqual(unread, []);
  assert.equal(archives.length, 36);
  assert.deepEqual(
    archives.find(({ name }) => name === 'bind9'),
    {
      name: 'bind9',
      version: '1:9.18.49-1~deb12u3',
      architecture: 'amd64',
      size: 252_732,
      uri: 'http://mirror.example/debian-security/pool/updates/main/b/bind9/bind9_9.18.49-1%7edeb12u3_amd64.deb',
    },
  );
  assert.deepEqual(
    archives
      .filter(({ architecture }) => architecture === 'all')
      .map(({ name }) => name)
      .slice(0, 2),
    ['perl-modules-5.36', 'postgresql-common'],
  );
});

const readable: [string, string][] = [
  ["'file:/srv/pct_2.0_amd64.deb' pct_1%3a1.0%2541%5fb_amd64.deb 10 ", 'pct 1:1.0%41_b amd64 10'],
  ["'http://mirror.example/x.deb' curl_7.88_i386.deb 5 SHA256:ab", 'curl 7.88 i386 5'],
  ["'http://mirror.example/x.ddeb' curl-dbgsym_7.88_amd64.ddeb 5 SHA512:ab", 'curl-dbgsym 7.88 amd64 5'],
  ["'http://mirror.example/x.deb' curl_7.88_x%2ey.deb 5", 'curl 7.88 x.y 5'],
  ["'cdrom:[Debian GNU/Linux 12]/pool/x.deb' curl_7.88_all.deb 5 MD5Sum:ab", 'curl 7.88 all 5'],
];
for (const [line, expected] of readable) {
  test(`the line ${line} is read`, () => {
    const { archives, unread } = parseUpgradeUris(`${line}\n`);
    assert.deepEqual(unread, []);
    assert.deepEqual(
      archives.map((one) => `${one.name} ${one.version} ${one.architecture} ${one.size}`),
      [expected],
    );
  });
}

const unreadable = [
  'Reading package lists...',
  "'http://mirror.example/x.deb' curl.deb 5",
  "'http://mirror.example/x.deb' curl_7.88.deb 5",
  "'http://mirror.example/x.deb' curl_7.88_amd64_x.deb 5",
  "'http://mirror.example/x.deb' curl__amd64.deb 5",
  "'http://mirror.example/x.deb' _7.88_amd64.deb 5",
  "'http://mirror.example/x.deb' curl_7.88_amd64 5",
  "'http://mirror.example/x.deb' curl_7.88_amd64.deb five",
  "'http://mirror.example/x.deb' curl_7.88_amd64.deb 1234567890123456",
  "'http://mirror.example/'x.deb' curl_7.88_amd64.deb 5",
  'http://mirror.example/x.deb curl_7.88_amd64.deb 5',
  "'http://mirror.example/x.deb' curl_7.88_amd64.deb 5 SHA256:ab more",
];
for (const line of unreadable) {
  test(`the line ${line} is answered as unread`, () => {
    assert.deepEqual(parseUpgradeUris(line), { archives: [], unread: [line] });
  });
}

/** The way apt itself escapes a part of a file name (QuoteString of apt-pkg/contrib/strutl.cc). */
function escaped(part: string, bad: string): string {
  const mustGo = (character: string) =>
    bad.includes(character) || character === '%' || character <= ' ' || character > '~';
  return [...part].map((one) => (mustGo(one) ? `%${one.charCodeAt(0).toString(16).padStart(2, '0')}` : one)).join('');
}

test('whatever stands in a name, a version or an architecture comes back from the file name that apt makes of it', () => {
  const part = fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
    minLength: 1,
  });
  fc.assert(
    fc.property(part, part, part, fc.nat(), (name, version, architecture, size) => {
      const file = `${escaped(name, '_:')}_${escaped(version, '_:')}_${escaped(architecture, '_:.')}.deb`;
      const uri = 'http://mirror.example/x.deb';
      const { archives } = parseUpgradeUris(`'${uri}' ${file} ${size} \n`);
      assert.deepEqual(archives, [{ name, version, architecture, size, uri }]);
    }),
  );
});

test('no text makes it throw, and every line is read or told', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('\n', "'", ' curl_1_all.deb 5', '%', '%zz', '_'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const { archives, unread } = parseUpgradeUris(text);
      assert.equal(archives.length + unread.length, text.split('\n').filter((line) => line !== '').length);
    }),
  );
});

test('every entry of a real index is read, with its source where it names one', () => {
  const { entries, unread } = parseShow(captured('apt-cache-show.txt'));
  assert.deepEqual(unread, []);
  assert.deepEqual(
    entries.map((one) => `${one.name} ${one.version} ${one.architecture} ${one.source} ${one.sourceVersion}`),
    [
      'openssl 3.0.22-1~deb12u2 amd64 openssl 3.0.22-1~deb12u2',
      'tzdata 2026b-0+deb12u1 all tzdata 2026b-0+deb12u1',
      'linux-image-6.1.0-56-amd64 6.1.192-2 amd64 linux-signed-amd64 6.1.192+2',
      'libssl3 3.0.20-1~deb12u2 i386 openssl 3.0.20-1~deb12u2',
      'libbrotli1 1.0.9-2+deb12u1 amd64 brotli 1.0.9-2+deb12u1',
      'perl-base 5.36.0-7+deb12u4 amd64 perl 5.36.0-7+deb12u4',
    ],
  );
  assert.deepEqual(entries[5], {
    name: 'perl-base',
    version: '5.36.0-7+deb12u4',
    architecture: 'amd64',
    source: 'perl',
    sourceVersion: '5.36.0-7+deb12u4',
    priority: 'required',
    section: 'perl',
    size: 1_609_596,
    installedKiB: 7643,
  });
});

test('an entry that lacks its lesser fields has none, and one that lacks its name is told', () => {
  const { entries, unread } = parseShow('Package:curl\nVersion:1\nArchitecture: all\nSize: big\n\n\n\nVersion: 1\n');
  assert.deepEqual(entries, [
    {
      name: 'curl',
      version: '1',
      architecture: 'all',
      source: 'curl',
      sourceVersion: '1',
      priority: '',
      section: '',
      size: null,
      installedKiB: null,
    },
  ]);
  assert.deepEqual(unread, ['Version: 1']);
});

test('what a description says cannot pass for a field: its lines begin with a space', () => {
  const { entries } = parseShow(
    'Package: curl\nVersion: 1\nArchitecture: all\nDescription: a\tb\n Package: bash\n .\n Section:\tlibs\n',
  );
  assert.deepEqual(
    entries.map(({ name, section }) => [name, section]),
    [['curl', '']],
  );
});

test('no index makes it throw', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\n', '\n\n', 'Package: a\n', 'Version: 1\n', 'Architecture: all\n', 'Source: a (1', ': '),
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => void parseShow(pieces.join(''))));
});
