import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CreatePatchBaselineRequest } from '@aws-sdk/client-ssm';
import { misfits } from '../../../../test/botocore.ts';
import { filter, patchAsker, SMALL_BASELINE as SMALL, WINDOWS_DEFAULT } from '../../../../test/patch-asker.ts';
import { OPERATING_SYSTEMS } from '../../../core/baselines/types.ts';
import type { Call } from '../../call.ts';

let patch: Awaited<ReturnType<typeof patchAsker>>;
before(async () => {
  patch = await patchAsker();
});
after(() => patch.dispose());

const ask = (operation: string, input: object, given: Partial<Call> = {}) => patch.ask(operation, input, given);
const create = async (input: CreatePatchBaselineRequest, given: Partial<Call> = {}): Promise<string> =>
  (await ask('CreatePatchBaseline', input, given)).BaselineId;
const RHEL = { Name: 'rhel', OperatingSystem: 'REDHAT_ENTERPRISE_LINUX' as const };

const listed = async (input: object, given: Partial<Call> = {}) =>
  (await ask('DescribePatchBaselines', input, given)).BaselineIdentities;

test('every operating system has exactly one predefined baseline that Terraform takes for its default', async () => {
  for (const os of OPERATING_SYSTEMS) {
    const found = await listed({ Filters: [filter('OWNER', 'AWS'), filter('OPERATING_SYSTEM', os)] });
    const matching = found.filter((one: { BaselineName: string }) =>
      /^AWS-[0-9A-Za-z]+PatchBaseline$/.test(one.BaselineName),
    );
    assert.equal(matching.length, 1, os);
    assert.equal(matching[0].DefaultBaseline, true, os);
    assert.equal(found.filter((one: { DefaultBaseline: boolean }) => one.DefaultBaseline).length, 1, os);
  }
});

test('baselines are listed by owner and by the beginning of their name, page by page', async () => {
  const own = { account: '333333333333' };
  const ids: string[] = [];
  for (const name of ['My-one', 'My-two', 'other'])
    ids.push(await create({ ...SMALL, Name: name }, { ...own, now: new Date(Date.UTC(2026, 0, 1 + ids.length)) }));
  const mine = await listed({ Filters: [filter('OWNER', 'Self'), filter('NAME_PREFIX', 'My-')] }, own);
  assert.deepEqual(
    mine.map((one: { BaselineId: string }) => one.BaselineId),
    ids.slice(0, 2),
  );
  assert.equal((await listed({ Filters: [filter('NAME_PREFIX', 'AWS-', 'My-')] }, own)).length, 19);
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ask('DescribePatchBaselines', { MaxResults: 7, ...(NextToken && { NextToken }) }, own);
    seen.push(...page.BaselineIdentities.map((one: { BaselineId: string }) => one.BaselineId));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual([seen.length, new Set(seen).size, seen.slice(17)], [20, 20, ids]);
  await assert.rejects(listed({ Filters: [filter('Owner', 'AWS')] }), { code: 'ValidationException' });
  await assert.rejects(listed({ NextToken: 'nonsense' }), { code: 'InvalidNextToken' });
});

test('a default of the account stands in for the predefined one, and holds its baseline', async () => {
  const own = { account: '444444444444' };
  assert.deepEqual(await ask('GetDefaultPatchBaseline', {}, own), {
    BaselineId: WINDOWS_DEFAULT,
    OperatingSystem: 'WINDOWS',
  });
  const id = await create(SMALL, own);
  await ask('RegisterDefaultPatchBaseline', { BaselineId: id }, own);
  assert.equal((await ask('GetDefaultPatchBaseline', { OperatingSystem: 'WINDOWS' }, own)).BaselineId, id);
  const windows = await listed({ Filters: [filter('OPERATING_SYSTEM', 'WINDOWS')] }, own);
  const defaults = windows.filter((one: { DefaultBaseline: boolean }) => one.DefaultBaseline);
  assert.deepEqual(
    defaults.map((one: { BaselineId: string }) => one.BaselineId),
    [id],
  );
  await assert.rejects(ask('DeletePatchBaseline', { BaselineId: id }, own), { code: 'ResourceInUseException' });
  await ask('RegisterDefaultPatchBaseline', { BaselineId: WINDOWS_DEFAULT }, own);
  await ask('DeletePatchBaseline', { BaselineId: id }, own);
});

test('a patch group has one baseline for each operating system, else the default', async () => {
  const own = { account: '555555555555' };
  const windows = await create(SMALL, own);
  const rhel = await create(RHEL, own);
  const register = (BaselineId: string, PatchGroup = 'web') =>
    ask('RegisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup }, own);
  const ofGroup = (OperatingSystem?: string, PatchGroup = 'web') =>
    ask('GetPatchBaselineForPatchGroup', { PatchGroup, ...(OperatingSystem && { OperatingSystem }) }, own);
  assert.deepEqual(await register(windows), { BaselineId: windows, PatchGroup: 'web' });
  await register(windows);
  await register(rhel);
  await assert.rejects(register(WINDOWS_DEFAULT), {
    code: 'AlreadyExistsException',
    message: 'Patch Group baseline already has a baseline registered for OperatingSystem WINDOWS.',
  });
  assert.deepEqual(await ofGroup(), { BaselineId: windows, PatchGroup: 'web', OperatingSystem: 'WINDOWS' });
  assert.equal((await ofGroup('REDHAT_ENTERPRISE_LINUX')).BaselineId, rhel);
  assert.equal((await ofGroup(undefined, 'unknown')).BaselineId, WINDOWS_DEFAULT);
  assert.deepEqual((await ask('GetPatchBaseline', { BaselineId: windows }, own)).PatchGroups, ['web']);
  await assert.rejects(ask('DeletePatchBaseline', { BaselineId: windows }, own), { code: 'ResourceInUseException' });
  const deregister = () => ask('DeregisterPatchBaselineForPatchGroup', { BaselineId: windows, PatchGroup: 'web' }, own);
  assert.deepEqual(await deregister(), { BaselineId: windows, PatchGroup: 'web' });
  await deregister();
  await ask('DeletePatchBaseline', { BaselineId: windows }, own);
});

test('patch groups are listed in the order of their registration, page by page', async () => {
  const own = { account: '666666666666' };
  const rhel = await create(RHEL, own);
  for (const [day, PatchGroup] of ['web-b', 'db', 'web-a'].entries()) {
    const at = { ...own, now: new Date(Date.UTC(2026, 0, 1 + Math.floor(day / 2))) };
    await ask('RegisterPatchBaselineForPatchGroup', { BaselineId: rhel, PatchGroup }, at);
    await ask('RegisterPatchBaselineForPatchGroup', { BaselineId: WINDOWS_DEFAULT, PatchGroup }, at);
  }
  const groups = (page: { Mappings: { PatchGroup: string }[] }) => page.Mappings.map((one) => one.PatchGroup);
  const first = await ask('DescribePatchGroups', { MaxResults: 3 }, own);
  const second = await ask('DescribePatchGroups', { MaxResults: 3, NextToken: first.NextToken }, own);
  assert.deepEqual([...groups(first), ...groups(second)], ['db', 'db', 'web-b', 'web-b', 'web-a', 'web-a']);
  assert.equal(second.NextToken, undefined);
  const web = { Filters: [filter('NAME_PREFIX', 'web-'), filter('OPERATING_SYSTEM', 'WINDOWS')] };
  const found = await ask('DescribePatchGroups', web, own);
  assert.deepEqual(groups(found), ['web-b', 'web-a']);
  assert.deepEqual(found.Mappings[0].BaselineIdentity.BaselineId, WINDOWS_DEFAULT);
});

test('a baseline cannot be registered and deleted at the same time', async () => {
  for (let round = 0; round < 5; round += 1) {
    const id = await create(RHEL);
    const PatchGroup = `race ${round}`;
    const [registered, deleted] = await Promise.allSettled([
      ask('RegisterPatchBaselineForPatchGroup', { BaselineId: id, PatchGroup }),
      ask('DeletePatchBaseline', { BaselineId: id }),
    ]);
    assert.notEqual(registered.status, deleted.status);
  }
});

test('properties are the words that the filters of an operating system take', async () => {
  const names = async (input: object) =>
    (await ask('DescribePatchProperties', input)).Properties.map((one: { Name: string }) => one.Name);
  assert.deepEqual(await names({ OperatingSystem: 'DEBIAN', Property: 'PRIORITY' }), [
    'Required',
    'Important',
    'Standard',
    'Optional',
    'Extra',
  ]);
  assert.ok((await names({ OperatingSystem: 'AMAZON_LINUX', Property: 'PRODUCT' })).includes('AmazonLinux2018.03'));
  assert.ok((await names({ OperatingSystem: 'WINDOWS', Property: 'MSRC_SEVERITY' })).includes('Critical'));
  await assert.rejects(names({ OperatingSystem: 'DEBIAN', Property: 'SEVERITY' }), { code: 'ValidationException' });
});

test('every answer above has the shape of AWS', (t) => {
  const found = misfits(patch.answers);
  if (found === null) return t.skip('no botocore on this machine');
  assert.deepEqual(found, []);
});
