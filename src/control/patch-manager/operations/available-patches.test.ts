import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EffectivePatch, Patch } from '@aws-sdk/client-ssm';
import { misfits } from '../../../../test/botocore.ts';
import { filter, patchAsker } from '../../../../test/patch-asker.ts';
import { debianUpdates, recordScan, SCANNED_AT } from '../../../../test/patch-scan.ts';

let patch: Awaited<ReturnType<typeof patchAsker>>;
before(async () => {
  patch = await patchAsker();
  await recordScan(patch.db, { instanceId: 'mi-1', inventory: debianUpdates() });
});
after(() => patch.dispose());

const ask = (operation: string, input: object) => patch.ask(operation, input, { now: SCANNED_AT });
const DEBIAN = filter('PRODUCT', 'Debian12');
const available = async (...Filters: object[]): Promise<Patch[]> =>
  (await ask('DescribeAvailablePatches', { Filters })).Patches;
const names = async (...filters: object[]) => (await available(...filters)).map(({ Name }) => Name);

test('what nodes were offered is available, in the words of AWS', async () => {
  assert.deepEqual(await available(DEBIAN, filter('NAME', 'openssl')), [
    {
      ReleaseDate: new Date('2026-11-20T00:00:00Z'),
      Title: 'openssl.amd64:3.0.22-1~deb12u2',
      Vendor: 'Debian',
      Product: 'Debian12',
      Classification: 'SECURITY',
      AdvisoryIds: ['DSA-6015-1'],
      CVEIds: ['CVE-2026-0001', 'CVE-2026-0002'],
      Name: 'openssl',
      Version: '3.0.22-1~deb12u2',
      Arch: 'amd64',
      Severity: 'IMPORTANT',
      Repository: 'bookworm-security',
    },
  ]);
});

test('patches of Linux are asked for by product, then by everything that is known of them', async () => {
  assert.deepEqual(await names(DEBIAN), ['curl', 'openssl']);
  assert.deepEqual(await names(DEBIAN, filter('CVE_ID', 'cve-2026-0002')), ['openssl']);
  assert.deepEqual(await names(DEBIAN, filter('ADVISORY_ID', 'DSA-6015-1')), ['openssl']);
  assert.deepEqual(await names(DEBIAN, filter('SEVERITY', 'Important', 'Low')), ['openssl']);
  assert.deepEqual(await names(DEBIAN, filter('CLASSIFICATION', 'Security')), ['openssl']);
  assert.deepEqual(await names(DEBIAN, filter('VERSION', '7.88.1-10+deb12u15')), ['curl']);
  assert.deepEqual(await names(DEBIAN, filter('REPOSITORY', 'bookworm')), ['curl']);
  assert.deepEqual(await names(DEBIAN, filter('PRIORITY', 'Optional'), filter('ARCH', 'amd64', 'i386')), [
    'curl',
    'openssl',
  ]);
  assert.deepEqual(await names(DEBIAN, filter('BUGZILLA_ID', '1463241')), []);
  assert.deepEqual(await names(filter('PRODUCT', 'Debian11')), []);
  assert.deepEqual([await names(), await names(filter('CLASSIFICATION', 'SecurityUpdates'))], [[], []]);
  await assert.rejects(names(filter('CVE_ID', 'CVE-2026-0002')), { code: 'ValidationException' });
  await assert.rejects(names(filter('COLOUR', 'gold')), { code: 'ValidationException' });
});

test('the parts of a version of rpm are told apart, and filtered apart', async () => {
  const usual = debianUpdates();
  const os = {
    ...usual.target.os,
    operatingSystem: 'REDHAT_ENTERPRISE_LINUX',
    product: 'RedhatEnterpriseLinux9.4',
  } as const;
  const updates = usual.updates.map((one) => ({ ...one, architecture: 'x86_64', version: '1:3.0.7-27.el9' }));
  await recordScan(patch.db, { instanceId: 'mi-2', inventory: { ...usual, target: { ...usual.target, os }, updates } });
  const rhel = filter('PRODUCT', 'RedhatEnterpriseLinux9.4');
  const [found] = await available(rhel, filter('NAME', 'openssl'));
  assert.deepEqual([found?.Epoch, found?.Version, found?.Release, found?.Vendor], [1, '3.0.7', '27.el9', 'Red Hat']);
  for (const [key, value] of [
    ['EPOCH', '1'],
    ['VERSION', '3.0.7'],
    ['RELEASE', '27.EL9'],
  ] as const)
    assert.deepEqual(await names(rhel, filter(key, value)), ['curl', 'openssl']);
  assert.deepEqual(await names(rhel, filter('EPOCH', '0')), []);
});

const effective = async (baseline: object): Promise<EffectivePatch[]> => {
  const { BaselineId } = await ask('CreatePatchBaseline', { Name: 'judge', OperatingSystem: 'DEBIAN', ...baseline });
  const found: EffectivePatch[] = [];
  let NextToken: string | undefined;
  do {
    const request = { BaselineId, MaxResults: 1, ...(NextToken && { NextToken }) };
    const page = await ask('DescribeEffectivePatchesForPatchBaseline', request);
    found.push(...page.EffectivePatches);
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
};
const statuses = async (baseline: object) =>
  Object.fromEntries((await effective(baseline)).map(({ Patch: of, PatchStatus }) => [of?.Name, PatchStatus]));
const rule = (ApproveAfterDays: number, EnableNonSecurity = false) => ({
  ApprovalRules: {
    PatchRules: [
      { PatchFilterGroup: { PatchFilters: [] }, ComplianceLevel: 'HIGH', ApproveAfterDays, EnableNonSecurity },
    ],
  },
});

test('a baseline tells what it approves since when, what later, and what it was told by name', async () => {
  assert.deepEqual(await statuses(rule(1)), {
    openssl: {
      DeploymentStatus: 'APPROVED',
      ComplianceLevel: 'HIGH',
      ApprovalDate: new Date('2026-11-21T00:00:00Z'),
    },
  });
  assert.deepEqual(await statuses(rule(7, true)), {
    curl: {
      DeploymentStatus: 'PENDING_APPROVAL',
      ComplianceLevel: 'UNSPECIFIED',
      ApprovalDate: new Date(SCANNED_AT.getTime() + 7 * 86_400_000),
    },
    openssl: {
      DeploymentStatus: 'PENDING_APPROVAL',
      ComplianceLevel: 'UNSPECIFIED',
      ApprovalDate: new Date('2026-11-27T00:00:00Z'),
    },
  });
  const lists = {
    ApprovedPatches: ['curl'],
    ApprovedPatchesComplianceLevel: 'LOW',
    ApprovedPatchesEnableNonSecurity: true,
    RejectedPatches: ['openssl*'],
  };
  assert.deepEqual(await statuses(lists), {
    curl: { DeploymentStatus: 'EXPLICIT_APPROVED', ComplianceLevel: 'LOW' },
    openssl: { DeploymentStatus: 'EXPLICIT_REJECTED', ComplianceLevel: 'UNSPECIFIED' },
  });
  assert.deepEqual(await effective({}), []);
  assert.deepEqual(await effective({ ...rule(0), OperatingSystem: 'UBUNTU' }), []);
});

test('every answer above has the shape of AWS', (t) => {
  const found = misfits(patch.answers);
  if (found === null) return t.skip('no botocore on this machine');
  assert.deepEqual(found, []);
});
