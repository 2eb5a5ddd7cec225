import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { output, readFacts, withoutFacts } from '../../../test/facts.ts';
import { type PackageIndex, readPackagesIndex } from './packages-index.ts';

const ARCHIVE = 'debian-bookworm-2026-11';
const PYTHON = '/usr/bin/python3';

function fixture(): Buffer {
  return readFileSync(new URL('fixtures/packages.txt', import.meta.url));
}

function offered(index: PackageIndex): string[] {
  return [...index.names()]
    .flatMap((name) => index.lookup(name))
    .map((one) => `${one.name} ${one.version} ${one.architecture}`)
    .sort();
}

/** The same by the shortest way there is, with nothing in common with the reader. */
function offeredNaively(text: string): string[] {
  const stanzas = text.split('\n\n').filter((stanza) => stanza.trim() !== '');
  const value = (stanza: string, field: string) => new RegExp(`^${field}: (.*)$`, 'm').exec(stanza)?.[1];
  const rows = stanzas.map((stanza) => ['Package', 'Version', 'Architecture'].map((field) => value(stanza, field)));
  return [...new Set(rows.map((row) => row.join(' ')))].sort();
}

test('every field of a stanza is read', () => {
  const index = readPackagesIndex(fixture());
  const [newest] = index.lookup('openssl');
  assert.deepEqual(index.problems, []);
  assert.deepEqual(
    index.lookup('openssl').map((one) => one.version),
    ['3.0.22-1~deb12u2', '3.0.20-1~deb12u2', '3.0.19-1~deb12u2', '3.0.17-1~deb12u2'],
  );
  assert.deepEqual(
    { ...newest, field: newest?.field('PRE-DEPENDS') },
    {
      name: 'openssl',
      version: '3.0.22-1~deb12u2',
      architecture: 'amd64',
      source: 'openssl',
      sourceVersion: '3.0.22-1~deb12u2',
      priority: 'optional',
      section: 'utils',
      filename: newest?.filename,
      size: newest?.size,
      sha256: newest?.sha256,
      phasedUpdatePercentage: null,
      field: null,
    },
  );
  assert.match(newest?.filename ?? '', /^pool\/.*openssl_3\.0\.22-1~deb12u2_amd64\.deb$/);
  assert.match(newest?.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.match(newest?.field('Depends') ?? '', /^libc6 \(>= 2\.\d+\), libssl3/);
});

test('a binary rebuild names the source version that it was built from', () => {
  const [bash] = readPackagesIndex(fixture()).lookup('bash');
  assert.deepEqual([bash?.version, bash?.source, bash?.sourceVersion], ['5.2.15-2+b13', 'bash', '5.2.15-2']);
});

test('with wanted names only these are known, with the same fields', () => {
  const all = readPackagesIndex(fixture());
  const some = readPackagesIndex(fixture(), { wanted: new Set(['hostname', 'not-there']) });
  assert.deepEqual([...some.names()], ['hostname']);
  assert.equal(JSON.stringify(some.lookup('hostname')), JSON.stringify(all.lookup('hostname')));
  assert.deepEqual([some.lookup('bash'), some.lookup('not-there')], [[], []]);
});

test('an index reads the same with CRLF, without its last newline and with its fields in capitals', () => {
  const text = fixture().toString();
  const expected = offered(readPackagesIndex(fixture()));
  const variants = [
    text.replaceAll('\n', '\r\n'),
    text.trimEnd(),
    `\n\n\n${text.replaceAll('\n\n', '\n\n\n')}`,
    text.replace(/^(Package|Version|Architecture):/gm, (field) => field.toUpperCase()),
    text.replace(/^Package: (.*)\nVersion: (.*)$/gm, 'version:$2\npackage:\t$1  '),
    text + text,
  ];
  for (const variant of variants) assert.deepEqual(offered(readPackagesIndex(Buffer.from(variant))), expected);
});

test('an architecture finds its own packages and those for all', () => {
  const stanza = (architecture: string) => `Package: a\nVersion: 1\nArchitecture: ${architecture}\n`;
  const index = readPackagesIndex(Buffer.from(['amd64', 'i386', 'all'].map(stanza).join('\n')));
  assert.deepEqual(
    index.lookup('a', 'i386').map((one) => one.architecture),
    ['i386', 'all'],
  );
});

test('phasing, continuation lines and comments are read as apt reads them', () => {
  const text =
    'Package: a\n# Version: 9\nVersion: 1\nArchitecture: all\nPhased-Update-Percentage: 40\nDepends: b,\n c\nDepends: d\n';
  const [a] = readPackagesIndex(Buffer.from(text)).lookup('a');
  assert.deepEqual([a?.version, a?.phasedUpdatePercentage, a?.field('depends')], ['1', 40, 'b,\n c']);
});

test('what is no package is named and left out, and the rest is read', () => {
  const sound = 'Package: sound\nVersion: 1\nArchitecture: all\n';
  const broken = [
    'Version: 1\n',
    'Package: nothing-more\n',
    'Package: ../../etc/passwd\nVersion: 1\n',
    `Package: ${'a'.repeat(300)}\nVersion: 1\n`,
    'Package: bad-version\nVersion: 1\u001b[31m\n',
    '\u0000\u0001\u0002\n',
  ];
  const index = readPackagesIndex(Buffer.from([...broken, sound].join('\n')));
  assert.deepEqual([...index.names()], ['sound']);
  assert.equal(index.problems.length, broken.length);
  assert.ok(index.problems.every((line) => !/[\u0000-\u001f]/.test(line) && line.length < 200));
  assert.equal(readPackagesIndex(Buffer.from('x\n\n'.repeat(10_000))).problems.length, 50);
  assert.deepEqual(readPackagesIndex(Buffer.alloc(0)).problems, []);
});

test('the main index of bookworm gives every version that a naive parse finds', { skip: withoutFacts }, () => {
  const text = readFacts(`${ARCHIVE}/main_binary-amd64_Packages.xz`);
  const index = readPackagesIndex(text);
  const expected = offeredNaively(text.toString('utf8'));
  assert.equal(index.size, 63_440);
  assert.deepEqual(index.problems, []);
  assert.equal(expected.length, 63_440);
  assert.ok(offered(index).join('\n') === expected.join('\n'), 'the two parses differ');
});

const TAG_FILE = `
import apt_pkg, json, sys
rows = []
for s in apt_pkg.TagFile(open(sys.argv[1], 'rb')):
    source = s.get('Source', s['Package']).split(' ')
    rows.append([s['Package'], s['Version'], s['Architecture'], source[0],
                 source[1].strip('()') if len(source) > 1 else s['Version'], s['Priority'], s['Section'],
                 s['Filename'], int(s['Size']), s['SHA256'], s.get('Depends'), s.get('Breaks')])
print(json.dumps(rows))
`;

function withoutPython(): string | false {
  if (withoutFacts) return withoutFacts;
  if (!existsSync(PYTHON)) return 'no /usr/bin/python3';
  try {
    output(PYTHON, ['-c', 'import apt_pkg']);
    return false;
  } catch {
    return 'no python3-apt';
  }
}

test('every field of the security index is what python3-apt reads', { skip: withoutPython() }, (t) => {
  const text = readFacts(`${ARCHIVE}/security_main_binary-amd64_Packages.xz`);
  const folder = mkdtempSync(join(tmpdir(), 'packages-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'Packages');
  writeFileSync(file, text);
  const index = readPackagesIndex(text);
  const rows = [...index.names()]
    .flatMap((name) => index.lookup(name))
    .map((one) => [
      ...[one.name, one.version, one.architecture, one.source, one.sourceVersion, one.priority, one.section],
      ...[one.filename, one.size, one.sha256, one.field('Depends'), one.field('Breaks')],
    ]);
  const expected: unknown[][] = JSON.parse(output(PYTHON, ['-c', TAG_FILE, file]).toString());
  const sorted = (all: unknown[][]) => all.map((row) => JSON.stringify(row)).sort();
  assert.equal(rows.length, 3006);
  assert.deepEqual(sorted(rows), sorted(expected));
});
