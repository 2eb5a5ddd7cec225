import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PatchBaseline, PatchRule } from '../baselines/types.ts';
import { baseline, NOW, rule } from './inventory-arbitrary.ts';
import { type Candidate, compileBaseline, judge, type Verdict } from './judge.ts';

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

test('a name in a list that cannot be read matches nothing', () => {
  const compiled = compileBaseline(baseline({ ApprovedPatches: ['open ssl', 'openssl.amd46'], RejectedPatches: [''] }));
  assert.deepEqual([compiled.approved.length, compiled.rejected.length], [1, 0]);
  assert.equal(judge(compiled, openssl, NOW).verdict, 'no-rule-matches');
});
