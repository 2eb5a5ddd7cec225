import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { node } from '../src/store/schema/nodes.ts';
import { debianUpdates, recordScan } from './patch-scan.ts';
import { hasAwsCli, startTestServer, type TestServer } from './server.ts';

const skip = hasAwsCli() ? false : 'no AWS CLI on this machine';
const ACCOUNT = '000000000000';
const NODE = `mi-${'1'.repeat(17)}`;

let server: TestServer;
before(async () => {
  if (skip === false) server = await startTestServer();
});
after(() => server?.dispose());

const aws = (command: string, ...more: string[]) => server.aws('ssm', ...command.split(' '), ...more);
const create = async (input: object): Promise<string> =>
  (await aws('create-patch-baseline', '--cli-input-json', JSON.stringify(input))).BaselineId;

const SMALL = {
  Name: 'MyPatchBaseline',
  GlobalFilters: { PatchFilters: [{ Key: 'CLASSIFICATION', Values: ['Security'] }] },
};
const WINDOWS = {
  Name: 'Windows-Prod',
  OperatingSystem: 'WINDOWS',
  ApprovalRules: {
    PatchRules: [
      {
        PatchFilterGroup: {
          PatchFilters: [
            { Key: 'PATCH_SET', Values: ['OS'] },
            { Key: 'PRODUCT', Values: ['WindowsServer2019', 'WindowsServer2022'] },
            { Key: 'CLASSIFICATION', Values: ['SecurityUpdates', 'CriticalUpdates'] },
            { Key: 'MSRC_SEVERITY', Values: ['Critical', 'Important'] },
          ],
        },
        ComplianceLevel: 'HIGH',
        ApproveAfterDays: 7,
      },
    ],
  },
  ApprovedPatches: ['KB2032276', 'MS10-048'],
  Tags: [{ Key: 'Stage', Value: 'Production' }],
};
const RHEL = {
  Name: 'RHEL-Prod',
  OperatingSystem: 'REDHAT_ENTERPRISE_LINUX',
  ApprovalRules: {
    PatchRules: [
      {
        PatchFilterGroup: {
          PatchFilters: [
            { Key: 'PRODUCT', Values: ['RedhatEnterpriseLinux8.4', '*'] },
            { Key: 'CLASSIFICATION', Values: ['Security', 'Bugfix'] },
            { Key: 'SEVERITY', Values: ['Critical', 'Important'] },
          ],
        },
        ApproveUntilDate: '2026-06-30',
        EnableNonSecurity: true,
      },
    ],
  },
  RejectedPatches: ['kernel*'],
  RejectedPatchesAction: 'BLOCK',
};

test('the AWS CLI makes, registers, lists, changes and deletes baselines', { skip }, async () => {
  const [small, windows, rhel] = await Promise.all([create(SMALL), create(WINDOWS), create(RHEL)]);
  const read = await aws(`get-patch-baseline --baseline-id ${small}`);
  assert.deepEqual([read.OperatingSystem, read.GlobalFilters], ['WINDOWS', SMALL.GlobalFilters]);
  await aws(`register-patch-baseline-for-patch-group --baseline-id ${windows} --patch-group`, 'Web Servers');
  await aws(`register-patch-baseline-for-patch-group --baseline-id ${rhel} --patch-group`, 'Web Servers');
  const taken = aws(`register-patch-baseline-for-patch-group --baseline-id ${small} --patch-group`, 'Web Servers');
  await assert.rejects(taken, /AlreadyExistsException.*OperatingSystem WINDOWS/);
  const groups = await aws('describe-patch-groups');
  assert.deepEqual(
    groups.Mappings.map((one: { PatchGroup: string }) => one.PatchGroup),
    ['Web Servers', 'Web Servers'],
  );
  const [mine, ofGroup, tags] = await Promise.all([
    aws('describe-patch-baselines --filters Key=OWNER,Values=Self --max-items 2'),
    aws('get-patch-baseline-for-patch-group --operating-system REDHAT_ENTERPRISE_LINUX --patch-group', 'Web Servers'),
    aws(`list-tags-for-resource --resource-type PatchBaseline --resource-id ${windows}`),
  ]);
  assert.deepEqual([mine.BaselineIdentities.length, ofGroup.BaselineId, tags.TagList], [2, rhel, WINDOWS.Tags]);
  const rename = { BaselineId: small, Name: 'Renamed', Replace: true };
  const renamed = await aws('update-patch-baseline', '--cli-input-json', JSON.stringify(rename));
  assert.deepEqual([renamed.Name, renamed.GlobalFilters], ['Renamed', { PatchFilters: [] }]);
  await assert.rejects(aws(`delete-patch-baseline --baseline-id ${windows}`), /ResourceInUseException/);
  await aws(`deregister-patch-baseline-for-patch-group --baseline-id ${windows} --patch-group`, 'Web Servers');
  assert.equal((await aws(`delete-patch-baseline --baseline-id ${windows}`)).BaselineId, windows);
  await assert.rejects(aws(`get-patch-baseline --baseline-id ${windows}`), /DoesNotExistException/);
});

test('the AWS CLI pages through predefined baselines and makes one of them the default again', { skip }, async () => {
  const all = await aws('describe-patch-baselines --filters Key=OWNER,Values=AWS --page-size 5');
  assert.equal(all.BaselineIdentities.length, 17);
  const debian = all.BaselineIdentities.find((one: { OperatingSystem: string }) => one.OperatingSystem === 'DEBIAN');
  assert.match(debian.BaselineId, /^arn:aws:ssm:eu-west-1:[0-9]{12}:patchbaseline\/pb-[0-9a-f]{17}$/);
  await aws(`register-default-patch-baseline --baseline-id ${debian.BaselineId}`);
  const found = await aws('get-default-patch-baseline --operating-system DEBIAN');
  assert.equal(found.BaselineId, debian.BaselineId);
  const properties = await aws('describe-patch-properties --operating-system DEBIAN --property PRIORITY');
  assert.deepEqual(properties.Properties[0], { Name: 'Required' });
});

test('the AWS CLI reads what a scan of a node found', { skip }, async () => {
  const { db } = server.store;
  const registered = {
    activationId: 'a',
    iamRole: 'r',
    registeredAt: new Date(),
    fingerprint: 'f',
    publicKey: Buffer.alloc(1),
  };
  await db.insert(node).values({ account: ACCOUNT, instanceId: NODE, ...registered });
  const now = new Date();
  const scan = debianUpdates();
  const inventory = { ...scan, evidence: { ...scan.evidence, gatheredAt: now.toISOString() } };
  await recordScan(db, { instanceId: NODE, patchGroup: 'web', inventory, endedAt: now });
  await aws(
    `add-tags-to-resource --resource-type ManagedInstance --resource-id ${NODE} --tags`,
    'Key=Patch Group,Value=web',
  );
  const [missing, states, group, available, effective] = await Promise.all([
    aws(`describe-instance-patches --instance-id ${NODE} --filters Key=State,Values=Missing`),
    aws(
      `describe-instance-patch-states-for-patch-group --patch-group web --filters Key=MissingCount,Type=GreaterThan,Values=0`,
    ),
    aws('describe-patch-group-state --patch-group web'),
    aws('describe-available-patches --filters Key=PRODUCT,Values=Debian12 Key=CVE_ID,Values=CVE-2026-0001'),
    aws('describe-effective-patches-for-patch-baseline --baseline-id pb-75b114c507d400ec2'),
  ]);
  assert.deepEqual(
    missing.Patches.map((one: { KBId: string }) => one.KBId),
    ['openssl.amd64'],
  );
  assert.deepEqual(
    states.InstancePatchStates.map((one: { MissingCount: number }) => one.MissingCount),
    [1],
  );
  assert.deepEqual([group.Instances, group.InstancesWithMissingPatches], [1, 1]);
  assert.deepEqual(
    available.Patches.map((one: { Name: string }) => one.Name),
    ['openssl'],
  );
  assert.equal(effective.EffectivePatches[0].PatchStatus.DeploymentStatus, 'APPROVED');
  const id = '6f6c3f6e-6f3a-4d0c-9e57-000000000001';
  const snapshot = await aws(`get-deployable-patch-snapshot-for-instance --instance-id ${NODE} --snapshot-id ${id}`);
  assert.equal(snapshot.Product, 'Debian12');
  const file = await fetch(snapshot.SnapshotDownloadUrl);
  const { patchGroup, patchBaseline } = (await file.json()) as { patchGroup: string; patchBaseline: { name: string } };
  assert.deepEqual([patchGroup, patchBaseline.name], ['web', 'AWS-DebianDefaultPatchBaseline']);
  assert.equal((await fetch(snapshot.SnapshotDownloadUrl.replace(/.$/, '-'))).status, 404);
});
