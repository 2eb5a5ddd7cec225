import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { matchesGroup, type PatchAttributes } from './filters.ts';
import { parseBaseline } from './parse.ts';
import { findPredefined, nearestPredefined, predefinedBaselines, predefinedFor } from './predefined.ts';
import { OPERATING_SYSTEMS } from './types.ts';
import { withDefaults } from './with-defaults.ts';

test('every operating system has a predefined baseline of its own', () => {
  for (const os of OPERATING_SYSTEMS) assert.equal(predefinedFor(os).OperatingSystem, os);
});

test('each operating system has exactly one name that Terraform takes for the default', () => {
  for (const os of OPERATING_SYSTEMS) {
    const names = predefinedBaselines.filter((one) => one.OperatingSystem === os).map((one) => one.Name);
    const defaults = names.filter((name) => /^AWS-[0-9A-Za-z]+PatchBaseline$/.test(name));
    assert.deepEqual(defaults, [predefinedFor(os).Name]);
  }
});

test('ids are those of the names and never change', () => {
  for (const { Name, BaselineId } of predefinedBaselines) {
    assert.equal(BaselineId, `pb-${createHash('sha256').update(Name).digest('hex').slice(0, 17)}`);
  }
  assert.equal(new Set(predefinedBaselines.map((one) => one.BaselineId)).size, predefinedBaselines.length);
});

test('every predefined baseline passes its own check without a warning and is the same with its defaults', () => {
  for (const baseline of predefinedBaselines) {
    const parsed = parseBaseline(JSON.stringify(baseline), 'predefined.json');
    assert.deepEqual(parsed, { ok: true, baseline, warnings: [] });
    assert.deepEqual(withDefaults(baseline), baseline);
  }
});

test('a predefined baseline is found by name in any case, by id and by ARN', () => {
  const debian = predefinedFor('DEBIAN');
  assert.equal(findPredefined('AWS-DebianDefaultPatchBaseline'), debian);
  assert.equal(findPredefined('aws-debiandefaultpatchbaseline'), debian);
  assert.equal(findPredefined(debian.BaselineId ?? ''), debian);
  assert.equal(findPredefined(`arn:aws:ssm:eu-central-1:123456789012:patchbaseline/${debian.BaselineId}`), debian);
  assert.equal(findPredefined('pb-00000000000000000'), null);
  assert.equal(findPredefined(''), null);
});

test('a name that is nearly one is completed', () => {
  assert.equal(nearestPredefined('AWS-DebainPatchBaseline'), 'AWS-DebianDefaultPatchBaseline');
  assert.equal(nearestPredefined('ubuntu'), 'AWS-UbuntuDefaultPatchBaseline');
  assert.equal(nearestPredefined('plan9'), null);
  assert.equal(nearestPredefined('AWS-DefaultPatchBaselin'), null);
});

test('the rule for Debian takes priorities as archives write them, at once and for security alone', () => {
  const [rule] = predefinedFor('DEBIAN').ApprovalRules.PatchRules;
  assert.ok(rule);
  assert.equal(rule.ApproveAfterDays, 0);
  assert.equal(rule.EnableNonSecurity, false);
  const patch: PatchAttributes = {
    ...{ product: 'Debian12', classification: null, severity: null, section: 'libs', arch: 'amd64', name: 'libssl3' },
    ...{ version: '3.0.17-1', advisoryIds: [], cves: [], security: true, priority: null },
  };
  for (const priority of ['required', 'important', 'standard', 'optional', 'extra']) {
    assert.ok(matchesGroup(rule.PatchFilterGroup, { ...patch, priority }), priority);
  }
  assert.equal(matchesGroup(rule.PatchFilterGroup, patch), false);
});
