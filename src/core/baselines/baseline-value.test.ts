import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { debianBaselines } from '../compliance/inventory-arbitrary.ts';
import { checkBaseline } from './baseline-value.ts';

const faults = (value: object) => {
  const checked = checkBaseline(value);
  return checked.ok ? [] : checked.issues.map(({ path, message }) => `${path}: ${message}`);
};
const withRule = (rule: object, more: object = {}) => ({
  Name: 'one',
  OperatingSystem: 'REDHAT_ENTERPRISE_LINUX',
  ApprovalRules: { PatchRules: [{ PatchFilterGroup: { PatchFilters: [] }, ...rule }] },
  ...more,
});

test('every baseline that is right stays as it is', () => {
  fc.assert(
    fc.property(debianBaselines(), (baseline) => {
      const checked = checkBaseline(baseline);
      // The generator makes rules with two filters of one key as well.
      fc.pre(checked.ok || !checked.issues.every(({ message }) => message.startsWith('a second')));
      assert.ok(checked.ok);
      assert.deepEqual(checked.baseline, structuredClone(baseline));
    }),
  );
});

test('a word of another operating system is taken, a word of none and a key of another are refused', () => {
  const filters = (Key: string, ...Values: string[]) => ({
    Name: 'MyPatchBaseline',
    OperatingSystem: 'WINDOWS',
    GlobalFilters: { PatchFilters: [{ Key, Values }] },
  });
  const checked = checkBaseline(filters('CLASSIFICATION', 'Security', 'Updates'));
  assert.ok(checked.ok);
  assert.deepEqual(checked.baseline.GlobalFilters.PatchFilters, [
    { Key: 'CLASSIFICATION', Values: ['Security', 'Updates'] },
  ]);
  assert.match(faults(filters('CLASSIFICATION', 'Securty'))[0] ?? '', /^GlobalFilters.PatchFilters\[0\].Values\[0\]: /);
  assert.match(faults(filters('PRIORITY', 'Required'))[0] ?? '', /PRIORITY is no filter key of WINDOWS/);
});

test('a rule needs one of delay and date, and not both', () => {
  assert.equal(faults(withRule({ ApproveAfterDays: 7 })).length, 0);
  assert.equal(faults(withRule({ ApproveUntilDate: '2026-02-28' })).length, 0);
  assert.match(faults(withRule({}))[0] ?? '', /needs ApproveAfterDays/);
  assert.match(faults(withRule({ ApproveAfterDays: 1, ApproveUntilDate: '2026-02-28' }))[0] ?? '', /has both/);
  assert.match(faults(withRule({ ApproveUntilDate: '2026-02-30' }))[0] ?? '', /not in the calendar/);
  assert.equal(faults(withRule({}, { OperatingSystem: 'DEBIAN' })).length, 0);
});

test('half of a surrogate pair and what is no baseline at all are refused without an exception', () => {
  assert.match(faults({ Name: 'one', Description: 'a\ud800' })[0] ?? '', /^Description: .*surrogates/);
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      assert.equal(checkBaseline({ ...value, Name: 7 }).ok, false);
    }),
  );
});
