import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EMPTY_KNOWLEDGE } from '../advisories/knowledge.ts';
import { COMPLIANCE_LEVELS, type PatchBaseline } from '../baselines/types.ts';
import type { Classified } from './classify.ts';
import { evaluate } from './evaluate.ts';
import { explainCandidate } from './explain.ts';
import type { Inventory } from './inventory.ts';
import { debianBaselines, inventories, NOW } from './inventory-arbitrary.ts';
import { type Candidate, compileBaseline, judge } from './judge.ts';
import { isNonCompliant } from './summary.ts';

const debian = debianBaselines();

const moment = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

const candidates: fc.Arbitrary<Candidate> = fc
  .record({
    name: fc.constantFrom('openssl', 'libssl3', 'bash'),
    version: fc.constantFrom('3.0.22-1~deb12u2', '5.1-1'),
    arch: fc.constantFrom('amd64', 'all'),
    priority: fc.constantFrom('required', 'optional', ''),
    section: fc.constantFrom('utils', 'net', ''),
    security: fc.boolean(),
    exploited: fc.constantFrom([], ['CVE-2024-3094']),
    epss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    releasedAt: fc.option(moment),
    firstSeen: fc.option(moment),
    advisoryIds: fc.constantFrom([], ['DSA-6015-1']),
  })
  .map((one) => ({
    ...one,
    architecture: one.arch,
    product: 'Debian12',
    classification: one.security ? 'Security' : null,
    severity: null,
    cves: one.exploited,
  }));

const rank = (level: (typeof COMPLIANCE_LEVELS)[number]) => COMPLIANCE_LEVELS.indexOf(level);

test('a further approval rule, or name in the approved list, never makes less of an approval', () => {
  fc.assert(
    fc.property(debian, debian, candidates, (by, other, candidate) => {
      const before = judge(compileBaseline(by), candidate, NOW);
      const more = {
        ...by,
        ApprovalRules: { PatchRules: [...by.ApprovalRules.PatchRules, ...other.ApprovalRules.PatchRules] },
        ApprovedPatches: [...by.ApprovedPatches, ...other.ApprovedPatches],
      };
      const after = judge(compileBaseline(more), candidate, NOW);
      if (before.verdict !== 'approved') return;
      assert.equal(after.verdict, 'approved');
      assert.ok(rank(after.level) <= rank(before.level), `${before.level} became ${after.level}`);
    }),
    { numRuns: 500 },
  );
});

test('what is approved stays approved as time goes by, where its release date is known', () => {
  fc.assert(
    fc.property(debian, candidates, fc.nat(400), (by, candidate, days) => {
      if (candidate.releasedAt === null && candidate.firstSeen === null) return;
      const compiled = compileBaseline(by);
      const later = new Date(NOW.getTime() + days * 86_400_000);
      const then = judge(compiled, candidate, NOW);
      if (then.verdict === 'approved') assert.equal(judge(compiled, candidate, later).verdict, 'approved');
      if (then.verdict === 'not-yet-approved' && then.approvedAt !== null) {
        assert.ok(then.approvedAt > NOW);
        assert.equal(judge(compiled, candidate, then.approvedAt).verdict, 'approved');
      }
    }),
    { numRuns: 500 },
  );
});

test('known exploitation never takes an approval away', () => {
  fc.assert(
    fc.property(debian, candidates, (by, candidate) => {
      const compiled = compileBaseline(by);
      if (judge(compiled, candidate, NOW).verdict !== 'approved') return;
      const worse = { ...candidate, exploited: ['CVE-2024-3094'], epss: 1 };
      assert.equal(judge(compiled, worse, NOW).verdict, 'approved');
    }),
    { numRuns: 500 },
  );
});

test('an explanation agrees with the verdict', () => {
  const classified: Classified = {
    classification: 'Security',
    classificationSource: 'archive',
    severity: null,
    advisories: [],
    cves: [],
    exploited: [],
    epss: null,
    releasedAt: null,
  };
  fc.assert(
    fc.property(debian, candidates, (by, candidate) => {
      const compiled = compileBaseline(by);
      const steps = explainCandidate(compiled, candidate, classified, NOW);
      const answer = (title: string) => steps.find((step) => step.title === title)?.answer;
      const ruled = steps.some((step) => step.title.startsWith('Rule ') && step.answer === 'yes');
      const approved =
        answer('RejectedPatches') !== 'no' &&
        (answer('ApprovedPatches') === 'yes' || (answer('GlobalFilters') !== 'no' && ruled));
      const { verdict, rule } = judge(compiled, candidate, NOW);
      assert.equal(verdict === 'approved', approved, JSON.stringify(steps));
      assert.equal(verdict === 'rejected', answer('RejectedPatches') === 'no');
      if (verdict === 'approved' && rule.kind === 'approval-rule') {
        assert.equal(answer(`Rule ${(rule.index ?? 0) + 1}`), 'yes');
      }
    }),
    { numRuns: 1000 },
  );
});

const questions = fc.tuple(inventories(), debian, fc.option(moment), fc.boolean());

function answer([inventory, by, seen, failed]: [Inventory, PatchBaseline, string | null, boolean]) {
  const failures = new Map(inventory.packages.map((one) => [`${one.name}:${one.architecture}`, 'no room']));
  const options = { firstSeen: () => seen, ...(failed ? { failed: failures } : {}) };
  return evaluate(inventory, EMPTY_KNOWLEDGE, by, NOW, options);
}

test('every package is told of once, and every new package that would come', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const [{ packages, updates }] = question;
      const wanted = [...packages, ...updates.filter(({ installedVersion }) => installedVersion === null)];
      const identities = (list: readonly { name: string; architecture: string }[]) =>
        list.map(({ name, architecture }) => `${name}:${architecture}`).sort();
      assert.deepEqual(identities(answer(question).patches), identities(wanted));
    }),
    { numRuns: 300 },
  );
});

test('the counters add up', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const { counts, patches } = answer(question);
      const { criticalNonCompliant, securityNonCompliant, otherNonCompliant, unreportedNotApplicable, ...states } =
        counts;
      assert.equal(unreportedNotApplicable, -1);
      assert.equal(
        Object.values(states).reduce((sum, count) => sum + count, 0),
        patches.length,
      );
      const bad = patches.filter(({ state }) => isNonCompliant(state)).length;
      assert.equal(criticalNonCompliant + securityNonCompliant + otherNonCompliant, bad);
      assert.equal(counts.missing + counts.failed + counts.installedRejected + counts.installedPendingReboot, bad);
    }),
    { numRuns: 300 },
  );
});

test('a problem that makes evidence doubtful makes the whole unknown, whatever else there is, and nothing else does', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const { status, statusReasons, patches } = answer(question);
      const doubtful = question[0].evidence.problems.some(({ unknown }) => unknown);
      const expected = doubtful
        ? 'UNKNOWN'
        : patches.some(({ state }) => isNonCompliant(state))
          ? 'NON_COMPLIANT'
          : 'COMPLIANT';
      assert.equal(status, expected);
      assert.equal(statusReasons.length > 0, status !== 'COMPLIANT');
    }),
    { numRuns: 300 },
  );
});

test('nothing has failed that nobody tried to install, and a rejection that blocks is never missing', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const failed = question[3];
      for (const { state, reason, explanation } of answer(question).patches) {
        if (!failed) assert.notEqual(state, 'FAILED');
        if (reason === 'rejected' || reason === 'rejected-installed') assert.notEqual(state, 'MISSING');
        assert.notEqual(explanation, '');
        assert.doesNotMatch(explanation, /undefined|null|NaN/);
      }
    }),
    { numRuns: 300 },
  );
});

test('the same question has the same answer, also after the inventory went through JSON', () => {
  fc.assert(
    fc.property(questions, ([inventory, by, seen, failed]) => {
      const again: Inventory = JSON.parse(JSON.stringify(inventory));
      assert.deepEqual(answer([again, by, seen, failed]), answer([inventory, by, seen, failed]));
    }),
    { numRuns: 100 },
  );
});
