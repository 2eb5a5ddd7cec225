import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, debian, rule } from './parse-for-tests.ts';

const doubtful: [name: string, text: string, warning: RegExp][] = [
  [
    'without an operating system it is a baseline for Windows, as with AWS',
    'Name: web\nApprovedPatches: [KB5034441]',
    /^1:1 : OperatingSystem is missing, so this is a baseline for WINDOWS/,
  ],
  [
    'a rule without a delay approves at once on Debian',
    rule('PatchFilterGroup: {PatchFilters: []}'),
    /^5:7 .*no ApproveAfterDays and no ApproveUntilDate: what matches is approved at once/,
  ],
  [
    'a patch that is approved and rejected',
    debian('ApprovedPatches: [openssl]', 'RejectedPatches: [openssl]'),
    /^3:19 ApprovedPatches\[0\]: "openssl" is rejected as well: a rejection wins/,
  ],
  [
    'a patch whose approval a pattern rejects',
    debian('ApprovedPatches: [libssl3]', 'RejectedPatches: ["libssl*"]'),
    /^3:19 .*"libssl3" is rejected by "libssl\*": a rejection wins/,
  ],
  [
    'an entry that is there twice',
    debian('RejectedPatches: [openssl, bash, OpenSSL]'),
    /^3:34 RejectedPatches\[2\]: "OpenSSL" is in this list twice/,
  ],
  [
    'a rule that global filters exclude',
    rule('ApproveAfterDays: 0', 'PatchFilterGroup: {PatchFilters: [{Key: PRODUCT, Values: [Debian11]}]}') +
      'GlobalFilters: {PatchFilters: [{Key: PRODUCT, Values: [Debian12]}]}\n',
    /^5:7 ApprovalRules\.PatchRules\[0\]: this rule can never match: GlobalFilters let no PRODUCT through/,
  ],
  [
    'urgency that is slower than the rule',
    rule(
      'ApproveAfterDays: 3',
      'Kintsugi: {KnownExploited: {ApproveAfterDays: 7}}',
      'PatchFilterGroup: {PatchFilters: []}',
    ),
    /^6:53 .*7 days is longer than the rule's own 3/,
  ],
  [
    'urgency that names nothing',
    rule('ApproveAfterDays: 3', 'Kintsugi: {}', 'PatchFilterGroup: {PatchFilters: []}'),
    /names neither KnownExploited nor Epss/,
  ],
  ['a baseline that approves nothing', debian('RejectedPatches: [openssl]'), /it approves nothing/],
];
for (const [name, text, warning] of doubtful) {
  test(`only a warning: ${name}`, () => {
    const { parsed, faults, warnings } = check(text);
    assert.ok(parsed.ok, faults.join('\n'));
    const found = warnings.filter(
      (one) => !one.includes('approves nothing') || warning.source.includes('approves nothing'),
    );
    assert.equal(found.length, 1, warnings.join('\n'));
    assert.match(found[0] ?? '', warning);
  });
}

test('elsewhere than on Debian a rule needs a delay or a date', () => {
  const { faults } = check(
    'Name: web\nOperatingSystem: SUSE\nApprovalRules: {PatchRules: [{PatchFilterGroup: {PatchFilters: []}}]}',
  );
  assert.deepEqual(faults, [
    '3:30 ApprovalRules.PatchRules[0]: the rule needs ApproveAfterDays (0 to 360) or ApproveUntilDate (YYYY-MM-DD) (ApproveAfterDays: 0 approves at once)',
  ]);
});

test('a classification in another case is taken, with the spelling of AWS', () => {
  const { parsed, warnings } = check(
    'Name: web\nOperatingSystem: SUSE\nGlobalFilters: {PatchFilters: [{Key: CLASSIFICATION, Values: [security]}]}\nApprovedPatches: [bash]',
  );
  assert.ok(parsed.ok);
  assert.deepEqual(warnings, [
    '3:63 GlobalFilters.PatchFilters[0].Values[0]: "security" matches here, but AWS writes "Security"',
  ]);
});

test('priorities are taken in any case, because archives write them in lower case', () => {
  const { parsed, warnings } = check(
    rule('ApproveAfterDays: 0', 'PatchFilterGroup: {PatchFilters: [{Key: PRIORITY, Values: [required]}]}'),
  );
  assert.ok(parsed.ok);
  assert.deepEqual(warnings, []);
});
