import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBaseline } from './parse.ts';
import { check, debian } from './parse-for-tests.ts';

test('the answer of get-patch-baseline is a baseline as it stands', () => {
  const answer = {
    BaselineId: 'arn:aws:ssm:eu-central-1:123456789012:patchbaseline/pb-0a1b2c3d4e5f60718',
    Name: 'web-servers',
    OperatingSystem: 'AMAZON_LINUX_2023',
    GlobalFilters: { PatchFilters: [] },
    ApprovalRules: {
      PatchRules: [
        {
          PatchFilterGroup: {
            PatchFilters: [
              { Key: 'CLASSIFICATION', Values: ['Security'] },
              { Key: 'SEVERITY', Values: ['Critical', 'Important'] },
            ],
          },
          ComplianceLevel: 'CRITICAL',
          ApproveAfterDays: 7,
          EnableNonSecurity: false,
        },
      ],
    },
    ApprovedPatches: ['CVE-2024-3094'],
    ApprovedPatchesComplianceLevel: 'HIGH',
    ApprovedPatchesEnableNonSecurity: false,
    RejectedPatches: ['kernel*'],
    RejectedPatchesAction: 'BLOCK',
    Sources: [{ Name: 'mine', Products: ['AmazonLinux2023'], Configuration: '[mine]\nname=mine\nenabled=1' }],
  };
  const beside = { PatchGroups: ['QA', 'DEV'], ModifiedDate: '2026-01-02T03:04:05+00:00', CreatedDate: 1767323045.465 };
  const parsed = parseBaseline(JSON.stringify({ ...answer, ...beside }, null, 4), 'answer.json');
  assert.deepEqual(parsed, { ok: true, baseline: answer, warnings: [] });
});

test('a BaselineOverride is a list with one baseline, named as its file when it has no name', () => {
  const override = [{ OperatingSystem: 'DEBIAN', ApprovedPatches: ['openssl'] }];
  for (const [fileName, name] of [
    ['policies/web servers.json', 'web-servers'],
    ['C:\\policies\\web.yaml', 'web'],
    ['-', 'BaselineOverride'],
  ] as const) {
    const { parsed } = check(JSON.stringify(override), fileName);
    assert.ok(parsed.ok);
    assert.equal(parsed.baseline.Name, name);
  }
  assert.match(check('[{OperatingSystem: debian}]').faults[0] ?? '', /^1:20 \[0\]\.OperatingSystem: /);
});

test('of a list with several baselines one must be picked', () => {
  const { faults } = check('[{OperatingSystem: DEBIAN},\n {OperatingSystem: UBUNTU}]');
  assert.deepEqual(faults, [
    '2:2 [1]: a list of 2 baselines (DEBIAN, UBUNTU): pick one and put it into a file of its own',
  ]);
});

test('words mean what their writers mean, whatever YAML they claim to be', () => {
  const text = '%YAML 1.1\n---\nName: web\n';
  const { parsed } = check(
    `${text}OperatingSystem: DEBIAN\nDescription: NO\nApprovalRules:\n  PatchRules:\n    - ApproveUntilDate: 2024-01-01\n      PatchFilterGroup: {PatchFilters: [{Key: SECTION, Values: [on, 12:30:45, 1_000, 0x1F]}]}\n`,
  );
  assert.ok(parsed.ok);
  assert.equal(parsed.baseline.Description, 'NO');
  const [only] = parsed.baseline.ApprovalRules.PatchRules;
  assert.equal(only?.ApproveUntilDate, '2024-01-01');
  assert.deepEqual(only?.PatchFilterGroup.PatchFilters[0]?.Values, ['on', '12:30:45', '1_000', '0x1F']);
});

test('anchors and aliases work, with the places of where values are written', () => {
  const { parsed } = check(debian('ApprovedPatches: &list [bash]', 'RejectedPatches: *list'));
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.baseline.RejectedPatches, ['bash']);
  assert.deepEqual(
    check(debian('ApprovedPatches: &list [1]', 'RejectedPatches: *list')).faults.map((one) => one.slice(0, 30)),
    ['3:25 ApprovedPatches[0]: must ', '3:25 RejectedPatches[0]: must '],
  );
});

test('credentials in a source are never repeated', () => {
  const secret = debian(
    `Sources: [{Name: mine, Products: [x], Configuration: ["deb https://user:hunter2@example.com/"]}]`,
  );
  assert.doesNotMatch(JSON.stringify(check(secret)), /hunter2/);
  const long = debian(`Sources: [{Name: mine, Products: [x], Configuration: "${'hunter2'.repeat(200)}"}]`);
  assert.doesNotMatch(JSON.stringify(check(long)), /hunter2/);
});

test('a byte order mark and Windows line ends change nothing', () => {
  const { parsed } = check(`\ufeff${debian('ApprovedPatches: [bash]').replaceAll('\n', '\r\n')}`);
  assert.ok(parsed.ok);
  assert.equal(parsed.baseline.Name, 'web');
});
