import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComplianceLevel } from '../baselines/types.ts';
import { inventory, NOW } from './inventory-arbitrary.ts';
import { plainResult } from './result.ts';
import { countPatches, EVIDENCE_STALE_AFTER_DAYS, isNonCompliant, summarize } from './summary.ts';
import { PATCH_STATES, type PatchState } from './types.ts';

const [usual] = inventory().packages;
assert.ok(usual !== undefined);
const plain = plainResult(usual);
const patch = (
  state: PatchState,
  complianceLevel: ComplianceLevel = 'UNSPECIFIED',
  classification: string | null = null,
) => ({
  ...plain,
  state,
  complianceLevel,
  classification,
});
const none = countPatches([]);

test('exactly missing, failed, rejected and waiting for a reboot are not compliant', () => {
  assert.deepEqual(PATCH_STATES.filter(isNonCompliant), [
    'INSTALLED_PENDING_REBOOT',
    'INSTALLED_REJECTED',
    'MISSING',
    'FAILED',
  ]);
});

test('a patch that is not compliant counts as critical by its level, else as security, else as other', () => {
  const counts = countPatches([
    patch('MISSING', 'CRITICAL', 'Security'),
    patch('FAILED', 'HIGH', 'Security'),
    patch('INSTALLED_REJECTED', 'UNSPECIFIED', 'Bugfix'),
    patch('INSTALLED_PENDING_REBOOT', 'CRITICAL'),
    patch('INSTALLED', 'CRITICAL', 'Security'),
    patch('NOT_APPLICABLE', 'CRITICAL', 'Security'),
  ]);
  assert.deepEqual([counts.criticalNonCompliant, counts.securityNonCompliant, counts.otherNonCompliant], [2, 1, 1]);
  assert.deepEqual([counts.missing, counts.failed, counts.installed, counts.notApplicable], [1, 1, 1, 1]);
  assert.equal(counts.unreportedNotApplicable, -1);
});

const { evidence } = inventory();
const at = (gatheredAt: string) => summarize(none, { ...evidence, gatheredAt }, NOW).status;

test('evidence is good for its days and not a moment longer', () => {
  const limit = NOW.getTime() - EVIDENCE_STALE_AFTER_DAYS * 86_400_000;
  assert.equal(at(new Date(limit).toISOString()), 'COMPLIANT');
  assert.equal(at(new Date(limit - 1).toISOString()), 'UNKNOWN');
});

test('evidence of which nobody can tell the age makes the whole unknown, and says so', () => {
  for (const gatheredAt of ['', 'yesterday', '2026-13-01T00:00:00Z']) {
    const { status, statusReasons } = summarize(none, { ...evidence, gatheredAt }, NOW);
    assert.deepEqual([status, statusReasons], ['UNKNOWN', ['It cannot be told from when the inventory is.']]);
  }
});

test('a problem of the evidence makes the whole unknown and comes before what is missing', () => {
  const problem = { code: 'lists-missing' as const, unknown: true, message: 'There are no package lists.', next: null };
  const counts = countPatches([patch('MISSING'), patch('MISSING'), patch('FAILED')]);
  assert.deepEqual(summarize(counts, { ...evidence, problems: [problem] }, NOW), {
    status: 'UNKNOWN',
    statusReasons: ['There are no package lists.', '1 patch failed to install.', '2 approved patches are missing.'],
  });
  const known = { ...problem, unknown: false };
  assert.equal(summarize(none, { ...evidence, problems: [known] }, NOW).status, 'COMPLIANT');
  assert.equal(summarize(counts, { ...evidence, problems: [known] }, NOW).status, 'NON_COMPLIANT');
});
