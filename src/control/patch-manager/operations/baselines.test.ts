import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CreatePatchBaselineRequest, GetPatchBaselineResult } from '@aws-sdk/client-ssm';
import { misfits } from '../../../../test/botocore.ts';
import { fakeCall } from '../../../../test/fake-call.ts';
import { patchAsker, SMALL_BASELINE as SMALL, WINDOWS_DEFAULT } from '../../../../test/patch-asker.ts';
import type { Call } from '../../call.ts';
import { tagsOf } from '../../tags/tags.ts';
import { patchBaselineExists } from '../baselines.ts';

let patch: Awaited<ReturnType<typeof patchAsker>>;
before(async () => {
  patch = await patchAsker();
});
after(() => patch.dispose());

const ask = (operation: string, input: object, given: Partial<Call> = {}) => patch.ask(operation, input, given);
const create = async (input: CreatePatchBaselineRequest, given: Partial<Call> = {}): Promise<string> =>
  (await ask('CreatePatchBaseline', input, given)).BaselineId;
const get = (BaselineId: string, given: Partial<Call> = {}): Promise<GetPatchBaselineResult> =>
  ask('GetPatchBaseline', { BaselineId }, given);

test('the smallest baseline is made for Windows and read back with every list that clients look into', async () => {
  const id = await create(SMALL);
  assert.match(id, /^pb-[0-9a-f]{17}$/);
  assert.equal(await patchBaselineExists(fakeCall(patch.db), id), true);
  const now = new Date('2026-01-01T00:00:00Z');
  assert.deepEqual(await get(id), {
    BaselineId: id,
    ...SMALL,
    OperatingSystem: 'WINDOWS',
    ApprovalRules: { PatchRules: [] },
    ApprovedPatches: [],
    ApprovedPatchesComplianceLevel: 'UNSPECIFIED',
    ApprovedPatchesEnableNonSecurity: false,
    RejectedPatches: [],
    RejectedPatchesAction: 'ALLOW_AS_DEPENDENCY',
    CreatedDate: now,
    ModifiedDate: now,
    Sources: [],
    PatchGroups: [],
  });
});

const RHEL: CreatePatchBaselineRequest = {
  Name: 'rhel-8.security_and-fixes',
  OperatingSystem: 'REDHAT_ENTERPRISE_LINUX',
  Description: 'for the web servers',
  ApprovalRules: {
    PatchRules: [
      {
        PatchFilterGroup: {
          PatchFilters: [
            { Key: 'PRODUCT', Values: ['*'] },
            { Key: 'CLASSIFICATION', Values: ['Security'] },
            { Key: 'SEVERITY', Values: ['Critical', 'Important'] },
          ],
        },
        ComplianceLevel: 'CRITICAL',
        ApproveAfterDays: 7,
      },
      { PatchFilterGroup: { PatchFilters: [] }, ApproveUntilDate: '2026-06-30', EnableNonSecurity: true },
    ],
  },
  ApprovedPatches: ['CVE-2024-6387', 'example-pkg-0.710.10-2.7.abcd.x86_64'],
  ApprovedPatchesComplianceLevel: 'HIGH',
  RejectedPatches: ['kernel*'],
  RejectedPatchesAction: 'BLOCK',
  Sources: [
    { Name: 'internal', Products: ['RedhatEnterpriseLinux8.4'], Configuration: '[main]\nbaseurl=https://mirror' },
  ],
  Tags: [{ Key: 'Team', Value: 'web' }],
};

test('a full baseline is kept with its rules, lists, sources and tags', async () => {
  const id = await create(RHEL);
  const { ApprovalRules, Sources, RejectedPatchesAction, Description } = await get(id);
  assert.deepEqual(ApprovalRules?.PatchRules, [
    { ...RHEL.ApprovalRules?.PatchRules?.[0], EnableNonSecurity: false },
    { ...RHEL.ApprovalRules?.PatchRules?.[1], ComplianceLevel: 'UNSPECIFIED' },
  ]);
  assert.deepEqual([Sources, RejectedPatchesAction, Description], [RHEL.Sources, 'BLOCK', 'for the web servers']);
  assert.deepEqual(await tagsOf(patch.db, '000000000000', 'PatchBaseline', id), RHEL.Tags);
});

test('what contradicts itself is refused with the member that does', async () => {
  const rule = { PatchFilterGroup: { PatchFilters: [] }, ApproveAfterDays: 1, ApproveUntilDate: '2026-01-01' };
  await assert.rejects(create({ ...SMALL, ApprovalRules: { PatchRules: [rule] } }), {
    code: 'ValidationException',
    message:
      "1 validation error detected: Value at 'approvalRules.patchRules.1.member.approveAfterDays' failed to satisfy " +
      'constraint: a rule has either ApproveAfterDays or ApproveUntilDate, this one has both',
  });
  const filter = { Key: 'CLASSIFICATION' as const, Values: ['*'] };
  const twice = { ...SMALL, GlobalFilters: { PatchFilters: [filter, filter] } };
  await assert.rejects(create(twice), { message: /second CLASSIFICATION filter: both would have to match$/ });
  const debian = { ...SMALL, OperatingSystem: 'DEBIAN' as const };
  await assert.rejects(create(debian), { code: 'ValidationException', message: /no filter key of DEBIAN/ });
});

test('a token makes one baseline, however often and however much at once it comes', async () => {
  const request = { ...SMALL, ClientToken: 'token \0' };
  const ids = await Promise.all([create(request), create(request), create(request)]);
  assert.equal(new Set([...ids, await create(request)]).size, 1);
  await assert.rejects(create({ ...request, Name: 'another' }), { code: 'IdempotentParameterMismatch' });
  assert.notEqual(await create(request, { account: '111111111111' }), ids[0]);
});

test('an update changes what is given; with Replace all else goes back to its default', async () => {
  const id = await create(RHEL);
  const later = { now: new Date('2026-02-01T00:00:00Z') };
  const changed = await ask('UpdatePatchBaseline', { BaselineId: id, Description: 'new' }, later);
  assert.deepEqual(
    [changed.Description, changed.Name, changed.ApprovedPatches],
    ['new', RHEL.Name, RHEL.ApprovedPatches],
  );
  assert.deepEqual([changed.CreatedDate, changed.ModifiedDate], [new Date('2026-01-01T00:00:00Z'), later.now]);
  const replaced = await ask('UpdatePatchBaseline', { BaselineId: id, Name: 'bare', Replace: true }, later);
  assert.deepEqual(
    [replaced.Description, replaced.ApprovedPatches, replaced.ApprovalRules, replaced.RejectedPatchesAction],
    [undefined, [], { PatchRules: [] }, 'ALLOW_AS_DEPENDENCY'],
  );
  assert.equal(replaced.OperatingSystem, 'REDHAT_ENTERPRISE_LINUX');
  await assert.rejects(ask('UpdatePatchBaseline', { BaselineId: id, Replace: true }), { code: 'ValidationException' });
  const wrong = { BaselineId: id, GlobalFilters: { PatchFilters: [{ Key: 'PRIORITY', Values: ['Extra'] }] } };
  await assert.rejects(ask('UpdatePatchBaseline', wrong), { code: 'ValidationException' });
  assert.equal((await get(id)).Name, 'bare');
});

test('ids that nothing has, and those of another account, do not exist; to delete them succeeds', async () => {
  const theirs = await create(SMALL, { account: '222222222222' });
  const ids = [
    theirs,
    'pb-00000000000000000',
    `arn:aws:ssm:us-east-1:222222222222:patchbaseline/${theirs}`,
    'a'.repeat(20),
  ];
  for (const BaselineId of ids) {
    for (const operation of ['GetPatchBaseline', 'UpdatePatchBaseline', 'RegisterDefaultPatchBaseline'])
      await assert.rejects(ask(operation, { BaselineId }), { code: 'DoesNotExistException' });
    assert.deepEqual(await ask('DeletePatchBaseline', { BaselineId }), { BaselineId });
  }
  assert.equal((await get(theirs, { account: '222222222222' })).Name, SMALL.Name);
});

test('a deleted baseline takes its tags along, and its own ARN names it', async () => {
  const id = await create(RHEL);
  const arn = `arn:aws:ssm:us-east-1:000000000000:patchbaseline/${id}`;
  assert.equal((await get(arn)).BaselineId, id);
  await ask('DeletePatchBaseline', { BaselineId: arn });
  await assert.rejects(get(id), { code: 'DoesNotExistException' });
  assert.deepEqual(await tagsOf(patch.db, '000000000000', 'PatchBaseline', id), []);
});

test('predefined baselines are read by id and by ARN, and never change', async () => {
  for (const id of [WINDOWS_DEFAULT, 'pb-34fe5531a3f8534ba', WINDOWS_DEFAULT.replace('us-east-1', 'eu-west-1')]) {
    assert.deepEqual([(await get(id)).Name, (await get(id)).BaselineId], ['AWS-DefaultPatchBaseline', WINDOWS_DEFAULT]);
    await assert.rejects(ask('DeletePatchBaseline', { BaselineId: id }), { code: 'ValidationException' });
    await assert.rejects(ask('UpdatePatchBaseline', { BaselineId: id, Name: 'mine' }), { code: 'ValidationException' });
  }
});

test('every answer above has the shape of AWS', (t) => {
  const found = misfits(patch.answers);
  if (found === null) return t.skip('no botocore on this machine');
  assert.deepEqual(found, []);
});
