import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PatchBaseline, PatchRule } from '../baselines/types.ts';
import { baseline, NOW, rule } from './inventory-arbitrary.ts';
import { applyRule, type Candidate, compileBaseline, judge, releaseDate, type Verdict } from './judge.ts';

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
const bugfix: Candidate = { ...openssl, classification: null, security: false, advisoryIds: [], cves: [] };

const only = (Key: 'SECTION' | 'PRIORITY' | 'PRODUCT', ...Values: string[]) => ({ PatchFilters: [{ Key, Values }] });

type Lists = Parameters<typeof baseline>[0];
const table: [string, Candidate, Lists, PatchRule[], Verdict, string][] = [
  ['a rule approves a security update', openssl, {}, [rule()], 'approved', 'approval-rule 0'],
  ['without a rule nothing is approved', openssl, {}, [], 'no-rule-matches', 'none null'],
  [
    'a rule whose filter does not match leaves it',
    openssl,
    {},
    [rule({ PatchFilterGroup: only('SECTION', 'net') })],
    'no-rule-matches',
    'none null',
  ],
  [
    'one rule that matches is enough',
    openssl,
    {},
    [rule({ PatchFilterGroup: only('SECTION', 'net') }), rule()],
    'approved',
    'approval-rule 1',
  ],
  ['a rule approves only security updates by itself', bugfix, {}, [rule()], 'not-security', 'approval-rule 0'],
  [
    'EnableNonSecurity approves the others too',
    bugfix,
    {},
    [rule(), rule({ EnableNonSecurity: true })],
    'approved',
    'approval-rule 1',
  ],
  [
    'global filters leave out what a rule would approve',
    openssl,
    { GlobalFilters: only('PRODUCT', 'Debian11') },
    [rule()],
    'global-filters',
    'global-filters null',
  ],
  [
    'the approved list does not mind global filters',
    openssl,
    { GlobalFilters: only('PRODUCT', 'Debian11'), ApprovedPatches: ['openssl'] },
    [],
    'approved',
    'approved-patches 0',
  ],
  [
    'the approved list approves without a rule',
    openssl,
    { ApprovedPatches: ['curl', 'openssl=3.0.*'] },
    [],
    'approved',
    'approved-patches 1',
  ],
  [
    'the approved list needs no delay',
    openssl,
    { ApprovedPatches: ['openssl'] },
    [rule({ ApproveAfterDays: 90 })],
    'approved',
    'approved-patches 0',
  ],
  [
    'the approved list approves by advisory',
    openssl,
    { ApprovedPatches: ['DSA-6015-1'] },
    [],
    'approved',
    'approved-patches 0',
  ],
  [
    'the approved list counts for security updates only',
    bugfix,
    { ApprovedPatches: ['openssl'] },
    [],
    'not-security',
    'approved-patches 0',
  ],
  [
    'ApprovedPatchesEnableNonSecurity lets the list approve the others',
    bugfix,
    { ApprovedPatches: ['openssl'], ApprovedPatchesEnableNonSecurity: true },
    [],
    'approved',
    'approved-patches 0',
  ],
  [
    'a name in the approved list that does not count takes nothing away from a rule',
    bugfix,
    { ApprovedPatches: ['openssl'] },
    [rule({ EnableNonSecurity: true })],
    'approved',
    'approval-rule 0',
  ],
  [
    'a name in the approved list that does not count leaves a rule its delay',
    bugfix,
    { ApprovedPatches: ['openssl'] },
    [rule({ EnableNonSecurity: true, ApproveAfterDays: 90 })],
    'not-yet-approved',
    'approval-rule 0',
  ],
  [
    'a rejection wins over the approved list and every rule',
    openssl,
    { ApprovedPatches: ['openssl'], RejectedPatches: ['bash', 'openssl.amd64'] },
    [rule()],
    'rejected',
    'rejected-patches 1',
  ],
  [
    'a rejected version leaves the others of its package',
    openssl,
    { RejectedPatches: ['openssl=3.0.20*'] },
    [rule()],
    'approved',
    'approval-rule 0',
  ],
  [
    'a delay that has not passed keeps it waiting',
    openssl,
    {},
    [rule({ ApproveAfterDays: 22 })],
    'not-yet-approved',
    'approval-rule 0',
  ],
  ['a delay that has passed does not', openssl, {}, [rule({ ApproveAfterDays: 21 })], 'approved', 'approval-rule 0'],
];
for (const [name, candidate, lists, rules, verdict, deciding] of table) {
  test(name, () => {
    const judgement = judge(compileBaseline(baseline(lists, rules)), candidate, NOW);
    const { kind, index } = judgement.rule;
    assert.deepEqual([judgement.verdict, `${kind} ${index}`], [verdict, deciding]);
  });
}

test('the compliance level is the highest of all that approve, and that one decides', () => {
  const judged = (lists: Partial<PatchBaseline>, ...rules: PatchRule[]) => {
    const { level, rule: deciding } = judge(compileBaseline(baseline(lists, rules)), openssl, NOW);
    return `${level} ${deciding.kind} ${deciding.index}`;
  };
  const low = rule({ ComplianceLevel: 'LOW' });
  const critical = rule({ ComplianceLevel: 'CRITICAL' });
  const later = rule({ ComplianceLevel: 'CRITICAL', ApproveAfterDays: 300 });
  assert.equal(judged({}, rule(), low, critical), 'CRITICAL approval-rule 2');
  assert.equal(judged({}, low, low), 'LOW approval-rule 0');
  assert.equal(judged({}, low, later), 'LOW approval-rule 0');
  const listed = { ApprovedPatches: ['openssl'], ApprovedPatchesComplianceLevel: 'MEDIUM' } as const;
  assert.equal(judged(listed, low), 'MEDIUM approved-patches 0');
  assert.equal(judged(listed, critical), 'CRITICAL approval-rule 0');
  assert.equal(judged({ ...listed, GlobalFilters: only('SECTION', 'net') }, critical), 'MEDIUM approved-patches 0');
});

test('of several delays the one that ends first is told', () => {
  const rules = [30, 25, 60].map((ApproveAfterDays) => rule({ ApproveAfterDays }));
  const judgement = judge(
    compileBaseline(baseline({}, [rule({ ApproveUntilDate: '2020-01-01' }), ...rules])),
    openssl,
    NOW,
  );
  assert.equal(judgement.rule.index, 2);
  assert.equal(judgement.approvedAt?.toISOString(), '2026-11-26T00:00:00.000Z');
});

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

test('a name in a list that cannot be read matches nothing', () => {
  const compiled = compileBaseline(baseline({ ApprovedPatches: ['open ssl', 'openssl.amd46'], RejectedPatches: [''] }));
  assert.deepEqual([compiled.approved.length, compiled.rejected.length], [1, 0]);
  assert.equal(judge(compiled, openssl, NOW).verdict, 'no-rule-matches');
});
