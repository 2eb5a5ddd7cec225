import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { isDebianList, parseDebianList } from './debian-list.ts';

const TRACKER = 'debian-security-tracker-2023-04/data';

const EXAMPLE = `[31 Mar 2023] DSA-5380-1 xorg-server - security update
\t{CVE-2023-1393 CVE-2022-9999}
\t[bullseye] - xorg-server 2:1.20.11-1+deb11u6
        [woody] - libgda <not-affected> (Does not contain the vulnerable code)
\t[sarge] - phpgroupware <unfixed> (high)
\t[bookworm] - xorg-server 2:21.1.7-2 (bug #365910; medium)
\tNOTE: fixed in testing at time of DSA
[30 Nov 2006] DSA-1220 pstotext
[05 Mar 2015] DLA-1-1 tzdata - new timezone database
\t[squeeze] - tzdata 2015b-0squeeze1 
`;

test('an entry has its date, title, CVEs and a fixed version for each release', () => {
  const parsed = parseDebianList(EXAMPLE);
  const row = { kind: 'source', name: 'xorg-server' };
  assert.deepEqual(parsed.problems, []);
  assert.deepEqual(parsed.records[0], {
    id: 'DSA-5380-1',
    type: 'security',
    title: 'xorg-server - security update',
    issued: '2023-03-31',
    updated: null,
    severity: null,
    cves: ['CVE-2022-9999', 'CVE-2023-1393'],
    references: ['https://security-tracker.debian.org/tracker/DSA-5380-1'],
    affected: [
      { ...row, ecosystem: 'debian:11', fixed: '2:1.20.11-1+deb11u6' },
      { ecosystem: 'debian:3.1', name: 'phpgroupware', kind: 'source', fixed: null },
      { ...row, ecosystem: 'debian:12', fixed: '2:21.1.7-2' },
    ],
  });
  assert.deepEqual(
    parsed.records.map((one) => [one.id, one.type, one.issued]),
    [
      ['DSA-5380-1', 'security', '2023-03-31'],
      ['DSA-1220', 'security', '2006-11-30'],
      ['DLA-1-1', 'bugfix', '2015-03-05'],
    ],
  );
});

test('a line that says nothing known is a problem with its number', () => {
  const text =
    'stray\n[31 Mar 2023] DSA-1-1 a - b\n\t[bullseye] - a <maybe>\n[31 Feb 2023] DSA-2-1 a\n[nonsense]\n\t{CVE-2023-1393}\n';
  const parsed = parseDebianList(text.replaceAll('\n', '\r\n'));
  assert.deepEqual(
    parsed.records.map((one) => [one.id, one.issued, one.affected]),
    [
      ['DSA-1-1', '2023-03-31', []],
      ['DSA-2-1', null, []],
    ],
  );
  assert.deepEqual(
    parsed.problems.map((line) => line.split(':')[0]),
    ['line 1', 'line 3', 'line 5', 'line 6'],
  );
});

test('every entry of the real lists is understood', { skip: withoutFacts }, () => {
  for (const [list, entries, newest] of [
    ['DSA', 5406, '2023-03-29'],
    ['DLA', 3534, '2023-04-01'],
  ] as const) {
    const text = readFacts(`${TRACKER}/${list}/list`).toString();
    const parsed = parseDebianList(text);
    const affected = parsed.records.flatMap((one) => one.affected);
    const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
    assert.ok(isDebianList(text));
    assert.deepEqual([parsed.records.length, parsed.problems, parsed.newest], [entries, [], newest]);
    assert.ok(parsed.records.every((one) => one.issued !== null));
    assert.equal(affected.length, count(/^\s+\[[a-z]+\] - /gm) - count(/<not-affected>/g));
    assert.equal(
      affected.filter((one) => one.fixed === null).length,
      count(/^\s+\[[a-z]+\] - \S+ <(?:unfixed|end-of-life)>/gm),
    );
  }
});

interface Golden {
  readonly header: { readonly line: string; readonly name: string };
  readonly annotations: readonly {
    readonly line: string;
    readonly bugs?: string[];
    readonly package?: string;
    readonly version?: string;
  }[];
}

test("entries read as another reader of the tracker's lists reads them", { skip: withoutFacts }, () => {
  for (const id of ['DSA/DSA-5544-1', 'DSA/DSA-5545-1', 'DSA/DSA-5546-1', 'DLA/DLA-3643-1', 'DLA/DLA-3644-1']) {
    const golden: Golden = JSON.parse(
      readFacts(`vuls-data-update/pkg/fetch/debian/tracker/salsa/testdata/golden/${id}.json`).toString(),
    );
    const lines = [golden.header.line, ...golden.annotations.map((one) => one.line)];
    const [advisory] = parseDebianList(lines.join('\n')).records;
    assert.equal(advisory?.id, golden.header.name);
    assert.deepEqual(
      advisory?.cves,
      golden.annotations.flatMap((one) => one.bugs ?? []),
    );
    assert.deepEqual(
      advisory?.affected.map((one) => `${one.name} ${one.fixed}`),
      golden.annotations.filter((one) => one.package !== undefined).map((one) => `${one.package} ${one.version}`),
    );
  }
});
