import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDpkg } from '../versions/dpkg.ts';
import { changelogStep } from './changelog-step.ts';
import type { ChangelogEntry } from './types.ts';

function entry(version: string, cves: string[] = [], urgency: string | null = 'medium'): ChangelogEntry {
  return { source: 'a', version, distributions: ['sid'], urgency, date: '2024-01-01T00:00:00Z', cves };
}

const ENTRIES = [
  entry('1.4-1', ['CVE-2024-0004']),
  { ...entry('1.3-1~deb12u1', [], 'low'), distributions: ['bookworm-security'], date: '2024-03-03T00:00:00Z' },
  entry('1.3-1', ['CVE-2024-0003', 'CVE-2023-9999'], 'high'),
  entry('1.2-2', ['CVE-2024-0002', 'CVE-2024-0003'], 'whatever'),
  entry('1.2-1', ['CVE-2024-0001'], 'critical'),
];

function cves(installed: string | null, available: string): readonly string[] {
  return changelogStep(ENTRIES, installed, available, compareDpkg).cves;
}

test('the step is what stands above the installed version, up to the available one', () => {
  assert.deepEqual(cves('1.2-1', '1.2-2'), ['CVE-2024-0002', 'CVE-2024-0003']);
  assert.deepEqual(cves('1.2-2', '1.3-1'), ['CVE-2023-9999', 'CVE-2024-0003']);
  assert.deepEqual(cves('1.2-2', '1.3-1~deb12u1'), ['CVE-2023-9999', 'CVE-2024-0003']);
  assert.deepEqual(cves('1.2-1+deb12u1', '1.3-1~deb12u1'), ['CVE-2023-9999', 'CVE-2024-0002', 'CVE-2024-0003']);
  assert.deepEqual(cves('1.4-1', '1.4-1'), []);
});

test('a version that the changelog lacks bounds the step by its order', () => {
  assert.deepEqual(cves('1.2-1', '1.2-9'), ['CVE-2024-0002', 'CVE-2024-0003']);
});

test('a package that is not installed takes no step', () => {
  assert.deepEqual(changelogStep(ENTRIES, null, '1.3-1~deb12u1', compareDpkg), {
    cves: [],
    urgency: 'low',
    distributions: ['bookworm-security'],
    date: '2024-03-03T00:00:00Z',
  });
});

test('the urgency is the highest of the step and the date that of its newest entry', () => {
  const step = changelogStep(ENTRIES, '1.2-1', '1.3-1~deb12u1', compareDpkg);
  assert.deepEqual([step.urgency, step.date], ['high', '2024-03-03T00:00:00Z']);
  assert.deepEqual(changelogStep(ENTRIES, '9', '9', compareDpkg), {
    cves: [],
    urgency: null,
    distributions: [],
    date: null,
  });
});

test('a longer step never names fewer CVEs', () => {
  const version = fc.constantFrom('1.2-1', '1.2-2', '1.3-1', '1.4-1');
  fc.assert(
    fc.property(version, version, version, (older, installed, available) => {
      if (compareDpkg(older, installed) > 0) return;
      const short = cves(installed, available);
      const long = new Set(cves(older, available));
      assert.ok(short.every((cve) => long.has(cve)));
    }),
  );
});
