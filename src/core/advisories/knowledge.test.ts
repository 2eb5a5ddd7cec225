import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { compareDpkg } from '../versions/dpkg.ts';
import { parseDebianList } from './debian-list.ts';
import { compareIn } from './ecosystem-versions.ts';
import { buildKnowledge, EMPTY_KNOWLEDGE } from './knowledge.ts';
import type { Advisory, AffectedPackage, ChangelogEntry, UpdateQuery } from './types.ts';

function advisory(id: string, affected: Partial<AffectedPackage>, more: Partial<Advisory> = {}): Advisory {
  const row: AffectedPackage = { ecosystem: 'debian:12', name: 'a', kind: 'source', fixed: '2', ...affected };
  const empty = { title: id, issued: null, updated: null, severity: null, cves: [], references: [] };
  return { id, type: 'security', ...empty, affected: [row], ...more };
}

/** A step of a source package `a` and its binary `a-bin`. */
function step(installed: string | null, available: string, more: Partial<UpdateQuery> = {}): UpdateQuery {
  return {
    ecosystem: 'debian:12',
    name: 'a-bin',
    source: 'a',
    architecture: 'amd64',
    installedVersion: installed,
    availableVersion: available,
    installedSourceVersion: installed,
    availableSourceVersion: available,
    ...more,
  };
}

function fixed(advisories: readonly Advisory[], query: UpdateQuery): readonly string[] {
  const knowledge = buildKnowledge({ advisories, exploited: [], epss: [], compare: compareIn });
  return knowledge.fixedBy(query).map((one) => one.id);
}

test('a step fixes what lies above the installed version and not above the available one', () => {
  const advisories = [advisory('DSA-1', { fixed: '2' })];
  assert.deepEqual(fixed(advisories, step('1', '2')), ['DSA-1']);
  assert.deepEqual(fixed(advisories, step('1', '3')), ['DSA-1']);
  assert.deepEqual(fixed(advisories, step('2~rc1', '2')), ['DSA-1']);
  assert.deepEqual(fixed(advisories, step('2', '3')), []);
  assert.deepEqual(fixed(advisories, step('1', '2~rc1')), []);
  assert.deepEqual(fixed([advisory('DSA-1', { fixed: null })], step('1', '9')), []);
});

test('a package that is not installed is not affected', () => {
  assert.deepEqual(fixed([advisory('DSA-1', {})], step(null, '2')), []);
  assert.deepEqual(
    fixed([advisory('X-1', { kind: 'binary', name: 'a-bin' })], step(null, '2', { installedSourceVersion: '1' })),
    [],
  );
});

test('source advisories count source versions and binary advisories binary versions', () => {
  const query = step('1', '1', { installedVersion: '1+b1', availableVersion: '1+b3' });
  assert.deepEqual(fixed([advisory('S', { kind: 'source', fixed: '1+b2' })], query), []);
  assert.deepEqual(fixed([advisory('B', { kind: 'binary', name: 'a-bin', fixed: '1+b2' })], query), ['B']);
  assert.deepEqual(fixed([advisory('B', { kind: 'binary', name: 'a', fixed: '1+b2' })], query), []);
});

test('release and architecture must be those of the package', () => {
  const query = step('1', '2');
  assert.deepEqual(fixed([advisory('A', { ecosystem: 'debian:11' })], query), []);
  assert.deepEqual(fixed([advisory('A', { architecture: 'arm64' })], query), []);
  assert.deepEqual(fixed([advisory('A', { architecture: 'amd64' })], query), ['A']);
  assert.deepEqual(fixed([advisory('A', { architecture: 'noarch' })], query), ['A']);
});

test('versions are ordered as their ecosystem orders them', () => {
  const rpm = { ecosystem: 'almalinux:9', kind: 'binary', name: 'a-bin', fixed: '1^git1-1' } as const;
  const query = step('1-1', '1^git1-1', { ecosystem: 'almalinux:9' });
  assert.deepEqual(fixed([advisory('ALSA-1', rpm)], query), ['ALSA-1']);
  const apk = { ecosystem: 'alpine:v3.20', fixed: '1.0_p1-r0' } as const;
  assert.deepEqual(fixed([advisory('CVE', apk)], step('1.0-r9', '1.0_p1-r0', { ecosystem: 'alpine:v3.20' })), ['CVE']);
});

test('the module stream of the package must be that of the fix', () => {
  const affected = {
    ecosystem: 'almalinux:8',
    kind: 'binary',
    name: 'nodejs',
    module: 'nodejs:18',
    fixed: '18.2-1.module_el8+1',
  } as const;
  const query = (module: string) =>
    step('18.1-1.module_el8+1', '18.3-1.module_el8+1', { ecosystem: 'almalinux:8', name: 'nodejs', module });
  assert.deepEqual(fixed([advisory('ALSA-1', affected)], query('nodejs:18')), ['ALSA-1']);
  assert.deepEqual(fixed([advisory('ALSA-1', affected)], query('nodejs:20')), []);
});

test('what came later than the installed version does not affect it', () => {
  const late = [advisory('A', { introduced: '1.5', fixed: '2' })];
  assert.deepEqual(fixed(late, step('1.4', '3')), []);
  assert.deepEqual(fixed(late, step('1.5', '3')), ['A']);
});

test('advisories come newest first, each id once, from the source that knows its severity', () => {
  const severity = { source: 'debian', raw: 'high', mapped: 'high' } as const;
  const knowledge = buildKnowledge({
    advisories: [
      advisory('C', {}),
      advisory('A', {}, { issued: '2024-01-01' }),
      advisory('B', {}, { issued: '2024-06-01T00:00:00Z' }),
      advisory('A', {}, { issued: '2024-01-01T00:00:00Z', severity }),
    ],
    exploited: [],
    epss: [],
    compare: compareIn,
  });
  const found = knowledge.fixedBy(step('1', '2'));
  assert.deepEqual(
    found.map((one) => [one.id, one.severity]),
    [
      ['B', null],
      ['A', severity],
      ['C', null],
    ],
  );
});

test('a changelog answers only for a step that it reaches', () => {
  const entry = (version: string, cve: string): ChangelogEntry => ({
    source: 'a',
    version,
    distributions: ['bookworm-security'],
    urgency: 'high',
    date: '2024-01-01T00:00:00Z',
    cves: [cve],
  });
  const changelogs = new Map([['a', [entry('2', 'CVE-2024-0002'), entry('1', 'CVE-2024-0001')]]]);
  const knowledge = buildKnowledge({ advisories: [], exploited: [], epss: [], changelogs, compare: compareIn });
  assert.deepEqual(knowledge.changelog(step('1', '2'))?.cves, ['CVE-2024-0002']);
  assert.equal(knowledge.changelog(step('1', '3')), null);
  assert.equal(knowledge.changelog(step('1', '2', { source: 'b' })), null);
});

test('exploitation is looked up by CVE id in any case', () => {
  const exploited = { cve: 'CVE-2024-1234', dateAdded: '2024-01-01', dueDate: null, ransomware: true };
  const epss = { cve: 'CVE-2024-1234', score: 0.5, percentile: 0.9 };
  const knowledge = buildKnowledge({ advisories: [], exploited: [exploited], epss: [epss], compare: compareIn });
  assert.deepEqual([knowledge.exploited('cve-2024-1234'), knowledge.epss('CVE-2024-1234')], [exploited, epss]);
  assert.deepEqual([knowledge.exploited('CVE-2024-1'), EMPTY_KNOWLEDGE.epss('CVE-2024-1234')], [null, null]);
  assert.deepEqual([EMPTY_KNOWLEDGE.fixedBy(step('1', '2')), EMPTY_KNOWLEDGE.changelog(step('1', '2'))], [[], null]);
});

const version = fc.constantFrom('1', '1.1~rc1', '1.1', '1.2', '1:0', '2~', '2', '2+deb12u1');

test('two steps in a row fix exactly what the whole step fixes', () => {
  fc.assert(
    fc.property(fc.array(version), version, version, version, (versions, ...steps) => {
      const advisories = versions.map((one, index) => advisory(`DSA-${index}`, { fixed: one }));
      const [first = '', middle = '', last = ''] = steps.sort(compareDpkg);
      const parts = [...fixed(advisories, step(first, middle)), ...fixed(advisories, step(middle, last))];
      assert.deepEqual(parts.sort(), [...fixed(advisories, step(first, last))].sort());
    }),
  );
});

test('the answer is the same as asking every advisory', () => {
  const row = fc.record({
    ecosystem: fc.constantFrom('debian:11', 'debian:12'),
    name: fc.constantFrom('a', 'b'),
    fixed: version,
  });
  fc.assert(
    fc.property(fc.array(row), version, version, (rows, installed, available) => {
      const advisories = rows.map((one, index) => advisory(`DSA-${index}`, one));
      const naive = rows.flatMap((one, index) =>
        one.ecosystem === 'debian:12' &&
        one.name === 'a' &&
        compareDpkg(installed, one.fixed) < 0 &&
        compareDpkg(one.fixed, available) <= 0
          ? [`DSA-${index}`]
          : [],
      );
      assert.deepEqual([...fixed(advisories, step(installed, available))].sort(), naive.sort());
    }),
  );
});

test("a real upgrade is explained by Debian's own list", { skip: withoutFacts }, () => {
  const advisories = parseDebianList(readFacts('debian-security-tracker-2023-04/data/DSA/list').toString()).records;
  const openssl = step('1.1.1n-0+deb11u3', '1.1.1n-0+deb11u4', {
    ecosystem: 'debian:11',
    name: 'libssl1.1',
    source: 'openssl',
  });
  assert.deepEqual(fixed(advisories, openssl), ['DSA-5343-1']);
  assert.deepEqual(fixed(advisories, { ...openssl, ecosystem: 'debian:12' }), []);
});
