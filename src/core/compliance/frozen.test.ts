import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EMPTY_KNOWLEDGE } from '../advisories/knowledge.ts';
import type { Advisory, Knowledge } from '../advisories/types.ts';
import type { PatchBaseline } from '../baselines/types.ts';
import { evaluate } from './evaluate.ts';
import type { Inventory } from './inventory.ts';
import {
  baseline,
  debianBaselines,
  installed,
  inventories,
  inventory,
  NOW,
  rule,
  updateOf,
} from './inventory-arbitrary.ts';

const DAY = 86_400_000;
const after = (days: number) => new Date(NOW.getTime() + days * DAY);
const seenAt = fc.option(
  fc.integer({ min: -40, max: 40 }).map((days) => after(days).toISOString()),
  { freq: 8 },
);

/** Advisories of any date, exploitation of any day: by the name of the package alone, so that it is a function. */
const knowledges: fc.Arbitrary<Knowledge> = fc
  .record({
    issued: fc.option(fc.integer({ min: -40, max: 40 })),
    type: fc.constantFrom('security' as const, 'bugfix' as const),
    added: fc.option(fc.integer({ min: -40, max: 40 })),
  })
  .map(({ issued, type, added }) => ({
    ...EMPTY_KNOWLEDGE,
    fixedBy: () => (issued === null ? [] : [advisory(type, after(issued))]),
    exploited: (cve) =>
      added === null
        ? null
        : { cve, dateAdded: after(added).toISOString().slice(0, 10), dueDate: null, ransomware: false },
  }));

function advisory(type: Advisory['type'], issued: Date): Advisory {
  const cves = type === 'security' ? ['CVE-2026-0001'] : [];
  const rest = { title: '', updated: null, severity: null, references: [], affected: [] };
  return { id: 'DSA-1-1', type, issued: issued.toISOString(), cves, ...rest };
}

const questions = fc.record({
  machine: inventories(),
  by: debianBaselines(),
  knowledge: knowledges,
  seen: seenAt,
});
type Question = { machine: Inventory; by: PatchBaseline; knowledge: Knowledge; seen: string | null };

function missing({ machine, by, knowledge, seen }: Question, now: Date, frozenAt?: Date): string[] {
  const options = { firstSeen: () => seen, ...(frozenAt && { frozenAt }) };
  return evaluate(machine, knowledge, by, now, options)
    .patches.filter(({ state, reason }) => state === 'MISSING' && reason !== 'half-configured')
    .map(({ name, architecture }) => `${name}:${architecture}`);
}

test('what is frozen does not change as time goes by', () => {
  fc.assert(
    fc.property(questions, fc.integer({ min: 1, max: 60 }), (question, days) => {
      assert.deepEqual(missing(question, after(days), NOW), missing(question, after(days + 1), NOW));
    }),
    { numRuns: 300 },
  );
});

test('a freeze only ever takes away from what is approved now, where exploitation shortens nothing and no date is taken back', () => {
  fc.assert(
    fc.property(questions, fc.integer({ min: 0, max: 60 }), (question, days) => {
      const plain = { ...question, knowledge: EMPTY_KNOWLEDGE, seen: question.seen ?? NOW.toISOString() };
      const now = new Set(missing(plain, after(days)));
      for (const name of missing(plain, after(days), NOW)) assert.ok(now.has(name), name);
    }),
    { numRuns: 300 },
  );
});

test('freezing now is not freezing', () => {
  fc.assert(
    fc.property(questions, (question) => {
      assert.deepEqual(missing(question, NOW, NOW), missing(question, NOW));
    }),
    { numRuns: 200 },
  );
});

test('nothing that came after the freeze is approved by it', () => {
  fc.assert(
    fc.property(questions, fc.integer({ min: 1, max: 40 }), (question, days) => {
      const late = after(days).toISOString();
      const machine = { ...question.machine, evidence: { ...question.machine.evidence, listsUpdatedAt: late } };
      assert.deepEqual(missing({ ...question, machine, seen: late }, after(days + 1), NOW), []);
      assert.deepEqual(missing({ ...question, machine, seen: null }, after(days + 1), NOW), []);
    }),
    { numRuns: 200 },
  );
});

const one = installed();
const machine = (listsUpdatedAt: string | null) =>
  inventory({
    packages: [one],
    updates: [updateOf(one)],
    evidence: { ...inventory().evidence, listsUpdatedAt },
  });
const atOnce = baseline({}, [rule()]);

test('a version that this installation sees late was there where the node had its lists by then', () => {
  const ask = (lists: string | null) =>
    evaluate(machine(lists), EMPTY_KNOWLEDGE, atOnce, after(2), {
      firstSeen: () => after(1).toISOString(),
      frozenAt: NOW,
    }).patches[0];
  assert.equal(ask('2026-11-22T06:00:00.000Z')?.state, 'MISSING');
  const late = ask(after(1).toISOString());
  assert.equal(late?.reason, 'not-yet-approved');
  assert.match(late?.explanation ?? '', /newer than the snapshot, which was frozen at 2026-11-22 12:00 UTC/);
  assert.equal(ask(null)?.reason, 'not-yet-approved');
});

test('lists that were fetched after the freeze hold nothing newer where their archives had published them before', () => {
  const ask = (listsReleasedAt: string | null) => {
    const { evidence, ...rest } = machine(after(1).toISOString());
    return evaluate({ ...rest, evidence: { ...evidence, listsReleasedAt } }, EMPTY_KNOWLEDGE, atOnce, after(2), {
      firstSeen: () => after(1).toISOString(),
      frozenAt: NOW,
    }).patches[0];
  };
  assert.equal(ask('2026-11-22T06:00:00.000Z')?.state, 'MISSING');
  assert.equal(ask(after(0.5).toISOString())?.reason, 'not-yet-approved');
  assert.equal(ask(null)?.reason, 'not-yet-approved');
});

test('an advisory of after the freeze approves nothing, and is told all the same', () => {
  const knowledge = { ...EMPTY_KNOWLEDGE, fixedBy: () => [advisory('security', after(1))] };
  const from = { ...updateOf(one), origins: [] };
  const options = { firstSeen: () => '2026-11-20T00:00:00Z', frozenAt: NOW };
  const lists = { ...machine('2026-11-22T06:00:00.000Z'), updates: [from] };
  const [patch] = evaluate(lists, knowledge, atOnce, after(2), options).patches;
  assert.equal(patch?.reason, 'not-security');
  assert.equal(patch?.classification, 'Security');
  assert.deepEqual(patch?.advisories, ['DSA-1-1']);
  const [unfrozen] = evaluate(lists, knowledge, atOnce, after(2), { firstSeen: options.firstSeen }).patches;
  assert.equal(unfrozen?.state, 'MISSING');
});

test('a delay that ends after the freeze has not ended, and exploitation noted later does not shorten it', () => {
  const delayed = baseline({}, [rule({ ApproveAfterDays: 7, Kintsugi: { KnownExploited: { ApproveAfterDays: 0 } } })]);
  const noted = (day: string): Knowledge => ({
    ...EMPTY_KNOWLEDGE,
    fixedBy: () => [advisory('security', after(-3))],
    exploited: (cve) => ({ cve, dateAdded: day, dueDate: null, ransomware: false }),
  });
  const ask = (knowledge: Knowledge) =>
    evaluate(machine('2026-11-22T06:00:00.000Z'), knowledge, delayed, after(10), {
      firstSeen: () => after(-3).toISOString(),
      frozenAt: NOW,
    }).patches[0]?.reason;
  assert.equal(ask(EMPTY_KNOWLEDGE), 'not-yet-approved');
  assert.equal(ask(noted('2026-11-23')), 'not-yet-approved');
  assert.equal(ask(noted('2026-11-22')), 'update-approved');
});

test('what a list brought in is another installed package, unless the baseline blocks it', () => {
  const [name] = [`${one.name}:${one.architecture}`];
  const ask = (by: PatchBaseline) =>
    evaluate(inventory({ packages: [installed({ origins: updateOf(one).origins })] }), EMPTY_KNOWLEDGE, by, NOW, {
      firstSeen: () => null,
      broughtByList: new Set([name]),
    }).patches[0];
  assert.equal(ask(atOnce)?.state, 'INSTALLED_OTHER');
  assert.match(ask(atOnce)?.explanation ?? '', /by the list of the run/);
  const blocked = baseline({ RejectedPatches: ['openssl'], RejectedPatchesAction: 'BLOCK' }, [rule()]);
  assert.equal(ask(blocked)?.state, 'INSTALLED_REJECTED');
});
