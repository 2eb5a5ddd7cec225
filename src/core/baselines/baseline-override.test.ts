import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBaselineOverride } from './baseline-override.ts';

const RULE = { PatchFilterGroup: { PatchFilters: [{ Key: 'PRODUCT', Values: ['Debian12'] }] }, ApproveAfterDays: 3 };
const debian = {
  BaselineId: 'pb-0123456789abcdef0',
  Name: 'Web',
  OperatingSystem: 'DEBIAN',
  ApprovalRules: { PatchRules: [RULE] },
  PatchGroups: ['web'],
  CreatedDate: '2026-01-01T00:00:00Z',
};
const fault = (value: unknown) => {
  const parsed = parseBaselineOverride(typeof value === 'string' ? value : JSON.stringify(value));
  assert.ok(!parsed.ok);
  return parsed.faults.join('\n');
};

test('a list of what GetPatchBaseline answers is an override, one baseline for an operating system', () => {
  const parsed = parseBaselineOverride(JSON.stringify([debian, { OperatingSystem: 'UBUNTU' }, { Name: 'Windows' }]));
  assert.ok(parsed.ok);
  assert.deepEqual([...parsed.baselines.keys()], ['DEBIAN', 'UBUNTU', 'WINDOWS']);
  assert.equal(parsed.baselines.get('DEBIAN')?.ApprovalRules.PatchRules[0]?.ApproveAfterDays, 3);
  assert.equal(parsed.baselines.get('UBUNTU')?.Name, 'BaselineOverride');
});

test('what is no such list is refused with its faults', () => {
  assert.match(fault('{'), /is not JSON/);
  assert.match(fault(debian), /not a list of baselines/);
  assert.match(fault([]), /empty list/);
  assert.match(fault([debian, debian]), /baseline 2 is another one for DEBIAN/);
  assert.match(fault(['x']), /baseline 1 is not a map/);
  assert.match(fault(Array(50).fill(debian)), /50 baselines/);
  const wrong = { ...debian, ApprovalRules: { PatchRules: [{ ...RULE, ApproveAfterDays: 400 }] } };
  assert.match(fault([wrong]), /baseline 1, ApprovalRules\.PatchRules\[0\]\.ApproveAfterDays: /);
});
