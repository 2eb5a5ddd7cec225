import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_KNOWLEDGE } from '../advisories/knowledge.ts';
import type { PatchBaseline } from '../baselines/types.ts';
import { candidateOf } from './candidate.ts';
import type { Classified } from './classify.ts';
import { explainCandidate } from './explain.ts';
import { baseline, installed, inventory, NOW, rule, updateOf } from './inventory-arbitrary.ts';
import { type Candidate, compileBaseline } from './judge.ts';

const one = installed();
const context = { inventory: inventory(), knowledge: EMPTY_KNOWLEDGE, options: { firstSeen: () => null } };
const { candidate, classified } = candidateOf(context, updateOf(one), one);

function lines(by: PatchBaseline, of: Partial<Candidate> = {}, said: Partial<Classified> = {}): string[] {
  const steps = explainCandidate(compileBaseline(by), { ...candidate, ...of }, { ...classified, ...said }, NOW);
  return steps.map(({ title, answer, detail }) => `${title} ${answer} ${detail}`);
}

test('every question of the baseline has its answer, in the order in which it is asked', () => {
  const by = baseline(
    {
      RejectedPatches: ['bash'],
      ApprovedPatches: ['openssl'],
      GlobalFilters: { PatchFilters: [{ Key: 'PRODUCT', Values: ['Debian12'] }] },
    },
    [
      rule({ ComplianceLevel: 'HIGH' }),
      rule({ PatchFilterGroup: { PatchFilters: [{ Key: 'SECTION', Values: ['net', 'mail'] }] } }),
      rule({ ApproveAfterDays: 7 }),
    ],
  );
  assert.deepEqual(lines(by, { firstSeen: '2026-11-20T08:30:00.000Z' }), [
    "Classification - Security, by the archive's label only",
    'Release date - 2026-11-20 08:30 UTC, first seen here',
    'RejectedPatches - does not name it',
    'ApprovedPatches yes names it as openssl',
    'GlobalFilters yes let it pass',
    'Rule 1 yes all security updates, at once: approves it since 2026-11-20 08:30 UTC, compliance level HIGH',
    'Rule 2 no security updates with SECTION net|mail: SECTION is utils, not net or mail',
    'Rule 3 no all security updates, after 7 days: approves it from 2026-11-27 08:30 UTC on',
  ]);
});

test('what speaks against an update is named', () => {
  const by = baseline(
    {
      RejectedPatches: ['open*'],
      ApprovedPatches: ['openssl.amd64'],
      GlobalFilters: { PatchFilters: [{ Key: 'SECTION', Values: ['net'] }] },
    },
    [rule()],
  );
  assert.deepEqual(lines(by, { security: false }, { classification: null, classificationSource: null }), [
    'Classification - not known, no advisory, changelog or archive label says more',
    'Release date - 2026-11-22 12:00 UTC, seen now for the first time',
    'RejectedPatches no names it as open* (ALLOW_AS_DEPENDENCY)',
    'ApprovedPatches no names it as openssl.amd64, but it is not a security update and ApprovedPatchesEnableNonSecurity is false',
    'GlobalFilters no leave it out: SECTION is utils, not net',
    'Rule 1 no all security updates: nothing says that it is a security update',
  ]);
});

test('the evidence is told with its CVEs, the first eight by name', () => {
  const cves = Array.from({ length: 10 }, (_, index) => `CVE-2025-100${index}`);
  const [kind] = lines(
    baseline(),
    {},
    {
      classificationSource: 'advisory',
      advisories: ['DSA-6015-1'],
      cves,
      exploited: ['CVE-2025-1001'],
    },
  );
  assert.equal(
    kind,
    `Classification - Security, by DSA-6015-1; ${cves.slice(0, 8).join(', ')} and 2 more; known to be exploited: CVE-2025-1001`,
  );
  const [changes] = lines(baseline(), {}, { classificationSource: 'changelog', cves: cves.slice(0, 1) });
  assert.equal(changes, 'Classification - Security, by the CVEs in its changelog; CVE-2025-1000');
});

test('a shorter delay says what shortened it', () => {
  const urgent = rule({ ApproveAfterDays: 30, Kintsugi: { KnownExploited: { ApproveAfterDays: 1 } } });
  const of = { exploited: ['CVE-2025-9230'], releasedAt: '2026-11-22T00:00:00Z' };
  const [, date, , , , first] = lines(baseline({}, [urgent]), of);
  assert.equal(date, "Release date - 2026-11-22 00:00 UTC, the advisory's date");
  assert.equal(
    first,
    'Rule 1 no all security updates, after 30 days, after 1 day when known to be exploited: ' +
      'approves it from 2026-11-23 00:00 UTC on; the delay is 1 day because of CVE-2025-9230 known to be exploited',
  );
});

test('a rule whose date has passed an update by says that it never approves it', () => {
  const { ApproveAfterDays: _, ...dated } = rule({ ApproveUntilDate: '2026-06-30' });
  assert.equal(
    lines(baseline({}, [dated])).at(-1),
    'Rule 1 no all security updates, released up to 2026-06-30: released after that day, so never',
  );
});
