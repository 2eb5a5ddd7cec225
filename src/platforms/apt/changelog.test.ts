import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { output, readFacts, withoutFacts } from '../../../test/facts.ts';
import { changelogStep } from '../../core/advisories/changelog-step.ts';
import { compareDpkg } from '../../core/versions/dpkg.ts';
import { parseChangelog } from './changelog.ts';

const DOCUMENTATION = '/usr/share/doc';
const MACHINE = globSync(`${DOCUMENTATION}/*/changelog.Debian.gz`).sort();

function tomcat(): string {
  return readFileSync(new URL('fixtures/changelog-tomcat10.txt', import.meta.url), 'utf8');
}

test('a changelog is read entry by entry, newest first', () => {
  const entries = parseChangelog(tomcat());
  assert.deepEqual(
    entries.map((entry) => [entry.version, entry.distributions, entry.urgency, entry.date, entry.cves.length]),
    [
      ['10.1.60-1~deb12u1', ['bookworm-security'], 'high', '2026-09-20T11:06:01Z', 19],
      ['10.1.60-1~deb13u1', ['trixie-security'], 'high', '2026-09-19T21:03:17Z', 19],
      ['10.1.60-1', ['unstable'], 'medium', '2026-09-16T19:21:16Z', 19],
      ['10.1.55-1~deb12u1', ['bookworm-security'], 'medium', '2026-06-02T12:45:43Z', 16],
      ['10.1.52-1~deb12u1', ['bookworm-security'], 'medium', '2026-02-03T13:18:04Z', 13],
    ],
  );
  assert.ok(entries.every((entry) => entry.source === 'tomcat10'));
});

function entry(heading: string, trailer: string) {
  return parseChangelog(`${heading}\n\n  * CVE-2024-1234\n\n${trailer}\n`)[0];
}

test('headings keep several distributions and only the word of the urgency', () => {
  const one = entry(
    'a (1:2-3) stable testing;  binary-only=yes, urgency=HIGH (see below)',
    ' -- A <a@b>  Thu, 01 Feb 2024 00:00:00 +0000',
  );
  assert.deepEqual(one, {
    source: 'a',
    version: '1:2-3',
    distributions: ['stable', 'testing'],
    urgency: 'high',
    date: '2024-02-01T00:00:00Z',
    cves: ['CVE-2024-1234'],
  });
});

test('a date that cannot be told is null, never a guess', () => {
  const dated = (date: string) => entry('a (1) sid; urgency=low', ` -- A B <a@b>  ${date}`)?.date;
  assert.equal(dated('Sat,  1 Feb 2003 04:05:06 -0730'), '2003-02-01T11:35:06Z');
  assert.equal(dated('Sat, 01 Feb 2003 04:05:06 +0100 (CET)'), '2003-02-01T03:05:06Z');
  for (const date of [
    'Thu, 01 Jan 1970 00:00:00 +0000',
    'Sat, 31 Feb 2003 04:05:06 +0000',
    'Sat, 01 Feb 2003 25:05:06 +0000',
    'Sat, 01 Feb 2003 04:05:06 CET',
    'Sat, 01 Foo 2003 04:05:06 +0000',
    'yesterday',
    '',
  ]) {
    assert.equal(dated(date), null, date);
  }
  assert.equal(parseChangelog('a (1) sid; urgency=low\n\n  * unfinished\n')[0]?.date, null);
});

test('nothing below the line that marks an old changelog counts', () => {
  const text = tomcat().replace('tomcat10 (10.1.60-1) ', 'Old Changelog:\n\ntomcat10 (10.1.60-1) ');
  assert.equal(parseChangelog(text).length, 2);
});

test('text that is no changelog gives no entries, however hostile', () => {
  assert.deepEqual(parseChangelog(''), []);
  assert.deepEqual(parseChangelog('a (1) sid urgency=low\n a (1) sid; urgency=low\n'), []);
  const long = [
    `a (${'1'.repeat(1e6)}) sid; urgency=low`,
    `${' -- '}${'>'.repeat(1e6)}`,
    `${'a '.repeat(5e5)};`,
    '('.repeat(1e6),
  ];
  assert.deepEqual(parseChangelog(long.join('\n')), []);
  assert.equal(parseChangelog('a (1) sid; urgency=low\n'.repeat(20_000)).length, 10_000);
});

const scrap = fc.constantFrom(
  'a (1) sid;',
  ' urgency=low',
  '\n',
  ' -- A <a@b>  ',
  '1 Feb 2003 04:05:06 +0000',
  'CVE-2024-1234',
  '\0',
  '>',
);

test('no text makes the reader fail, and every entry has a version and a sound date', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(scrap, fc.string()), { maxLength: 40 }), (scraps) => {
      for (const one of parseChangelog(scraps.join(''))) {
        assert.notEqual(one.version, '');
        assert.ok(one.date === null || new Date(one.date).getUTCFullYear() >= 1990);
      }
    }),
  );
});

const DPKG_CHANGELOG = `
use Dpkg::Changelog::Debian;
for my $file (@ARGV) {
  my $log = Dpkg::Changelog::Debian->new(verbose => 0);
  open(my $text, '-|', 'zcat', $file) or die; $log->parse($text, $file); close $text;
  print join("\\t", $_->get_source(), $_->get_version(), join(' ', $_->get_distributions()),
    lc($_->get_urgency() // ''), $_->get_timestamp() // ''), "\\n" for @$log;
}`;

function withoutDpkgPerl(): string | false {
  if (MACHINE.length === 0) return `no changelogs in ${DOCUMENTATION}`;
  try {
    output('perl', ['-MDpkg::Changelog::Debian', '-e', '1']);
    return false;
  } catch {
    return 'no libdpkg-perl';
  }
}

test("this machine's changelogs are read as dpkg's own parser reads them", { skip: withoutDpkgPerl() }, () => {
  const files = MACHINE.filter((_, index) => index % 8 === 0);
  const rows = files
    .flatMap((file) => parseChangelog(gunzipSync(readFileSync(file)).toString()))
    .map((one) =>
      [one.source, one.version, one.distributions.join(' '), one.urgency ?? '', instant(one.date ?? '')].join('\t'),
    );
  const expected = output('perl', ['-e', DPKG_CHANGELOG, ...files])
    .toString()
    .trimEnd()
    .split('\n');
  const told = expected.map((line) => {
    const [source, version, distributions, urgency = '', date = ''] = line.split('\t');
    return [source, version, distributions, urgency.split(/\W/)[0], instant(date)].join('\t');
  });
  assert.deepEqual(rows, told);
});

function instant(date: string): number | null {
  const time = Date.parse(date.trim());
  return Number.isNaN(time) ? null : time;
}

interface Pending {
  readonly main: string;
  readonly sec: string;
  readonly cves?: readonly string[];
}

test('steps of this machine name the CVEs that are known of them', { skip: withoutFacts }, (t) => {
  const pending: Record<string, Pending> = JSON.parse(
    readFacts('debian-bookworm-2026-11/pending-security-changelog-cves.json').toString(),
  );
  let checked = 0;
  for (const file of globSync(`${DOCUMENTATION}/*/changelog{,.Debian}.gz`)) {
    const entries = parseChangelog(gunzipSync(readFileSync(file)).toString());
    const known = pending[entries[0]?.source ?? ''];
    if (known?.cves === undefined || !entries.some((one) => one.version === known.sec)) continue;
    assert.deepEqual(changelogStep(entries, known.main, known.sec, compareDpkg).cves, known.cves);
    checked += 1;
  }
  if (checked === 0) t.skip('no package of this machine is in the table');
});

test('the step of a backport reaches into the entries below it', () => {
  const step = changelogStep(parseChangelog(tomcat()), '10.1.55-1~deb12u1', '10.1.60-1~deb12u1', compareDpkg);
  assert.deepEqual(step.distributions, ['bookworm-security', 'trixie-security', 'unstable']);
  assert.deepEqual([step.cves.length, step.urgency, step.date], [19, 'high', '2026-09-20T11:06:01Z']);
});
