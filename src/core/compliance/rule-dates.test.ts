import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PatchRule } from '../baselines/types.ts';
import { NOW, rule } from './inventory-arbitrary.ts';
import { applyRule, type Candidate, releaseDate } from './judge.ts';

const openssl: Candidate = {
  product: 'Debian12',
  classification: 'Security',
  severity: 'high',
  priority: 'optional',
  section: 'utils',
  arch: 'amd64',
  architecture: 'amd64',
  name: 'openssl',
  version: '3.0.22-1~deb12u2',
  security: true,
  advisoryIds: ['DSA-6015-1'],
  cves: ['CVE-2025-9230'],
  exploited: [],
  epss: null,
  releasedAt: null,
  firstSeen: '2026-11-01T00:00:00.000Z',
};

test('the delay counts from the advisory, else from the first sight, else from now, and never from 1970', () => {
  const both = { ...openssl, releasedAt: '2026-10-01T00:00:00Z' };
  assert.equal(releaseDate(both, NOW).toISOString(), '2026-10-01T00:00:00.000Z');
  assert.equal(releaseDate(openssl, NOW).toISOString(), '2026-11-01T00:00:00.000Z');
  const unseen = { ...openssl, firstSeen: null };
  assert.equal(releaseDate(unseen, NOW), NOW);
  assert.equal(releaseDate({ ...unseen, releasedAt: 'some day' }, NOW), NOW);
  assert.equal(releaseDate({ ...openssl, releasedAt: '' }, NOW).toISOString(), '2026-11-01T00:00:00.000Z');
  assert.equal(applyRule(rule({ ApproveAfterDays: 1 }), unseen, NOW).result, 'waiting');
});

test('a delay of n days is over after exactly n times 24 hours', () => {
  const week = rule({ ApproveAfterDays: 7 });
  const released = { ...openssl, releasedAt: '2025-11-09T18:00:00Z' };
  const at = (now: string) => applyRule(week, released, new Date(now)).result;
  assert.equal(at('2025-11-16T17:59:59.999Z'), 'waiting');
  assert.equal(at('2025-11-16T18:00:00Z'), 'approved');
});

test('ApproveUntilDate takes the whole day in UTC, and nothing after it', () => {
  const until = rule({ ApproveUntilDate: '2026-06-30' });
  const at = (releasedAt: string) => applyRule(until, { ...openssl, releasedAt }, NOW);
  assert.equal(at('2026-06-30T23:59:59Z').result, 'approved');
  assert.equal(at('2026-07-01T01:59:59+02:00').result, 'approved');
  const late = at('2026-07-01T00:00:00Z');
  assert.deepEqual([late.result, late.approvedAt], ['waiting', null]);
});

const delays: [string, Partial<PatchRule>, Partial<Candidate>, number | null, string | null][] = [
  [
    'a known exploit shortens the delay',
    { ApproveAfterDays: 14, Kintsugi: { KnownExploited: { ApproveAfterDays: 1 } } },
    { exploited: ['CVE-2025-9230'] },
    1,
    'CVE-2025-9230 known to be exploited',
  ],
  [
    'without an exploit the delay stays',
    { ApproveAfterDays: 14, Kintsugi: { KnownExploited: { ApproveAfterDays: 1 } } },
    {},
    14,
    null,
  ],
  [
    'a known exploit never lengthens the delay',
    { ApproveAfterDays: 3, Kintsugi: { KnownExploited: { ApproveAfterDays: 9 } } },
    { exploited: ['CVE-2025-9230'] },
    3,
    null,
  ],
  [
    'a high EPSS shortens the delay',
    { ApproveAfterDays: 14, Kintsugi: { Epss: { AtLeast: 0.5, ApproveAfterDays: 2 } } },
    { epss: 0.5 },
    2,
    'EPSS 0.5 is at least 0.5',
  ],
  [
    'a low EPSS does not',
    { ApproveAfterDays: 14, Kintsugi: { Epss: { AtLeast: 0.5, ApproveAfterDays: 2 } } },
    { epss: 0.49 },
    14,
    null,
  ],
  [
    'an EPSS that nobody knows does not, whatever the limit',
    { ApproveAfterDays: 14, Kintsugi: { Epss: { AtLeast: 0, ApproveAfterDays: 2 } } },
    {},
    14,
    null,
  ],
  [
    'EPSS never lengthens the delay',
    { ApproveAfterDays: 3, Kintsugi: { Epss: { AtLeast: 0, ApproveAfterDays: 9 } } },
    { epss: 1 },
    3,
    null,
  ],
  [
    'the shorter of two reasons counts',
    {
      ApproveAfterDays: 14,
      Kintsugi: { KnownExploited: { ApproveAfterDays: 1 }, Epss: { AtLeast: 0.5, ApproveAfterDays: 2 } },
    },
    { exploited: ['CVE-2025-9230'], epss: 0.9 },
    1,
    'CVE-2025-9230 known to be exploited',
  ],
];
for (const [name, more, candidate, days, because] of delays) {
  test(name, () => {
    const outcome = applyRule(rule(more), { ...openssl, ...candidate }, NOW);
    assert.deepEqual([outcome.delayDays, outcome.shortenedBy], [days, because]);
  });
}

test('a rule that goes by a date approves an exploited update after that date too, after the delay that it names', () => {
  const { ApproveAfterDays: _, ...dated } = rule({
    ApproveUntilDate: '2026-06-30',
    Kintsugi: { KnownExploited: { ApproveAfterDays: 2 } },
  });
  const exploited = { ...openssl, exploited: ['CVE-2025-9230'], releasedAt: '2026-11-21T00:00:00Z' };
  assert.equal(applyRule(dated, exploited, NOW).result, 'waiting');
  assert.equal(applyRule(dated, exploited, NOW).approvedAt?.toISOString(), '2026-11-23T00:00:00.000Z');
  assert.equal(applyRule(dated, exploited, new Date('2026-11-23T00:00:00Z')).result, 'approved');
  assert.equal(applyRule(dated, { ...exploited, exploited: [] }, NOW).approvedAt, null);
  assert.equal(applyRule(dated, { ...exploited, releasedAt: '2026-06-01T00:00:00Z' }, NOW).delayDays, null);
});
