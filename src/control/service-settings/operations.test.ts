import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { sealerOf } from '../../store/sealer.ts';
import { parameterOperations } from '../parameter-store/operations.ts';
import { serviceSettingOperations } from './operations.ts';
import { SETTINGS } from './settings.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const operations = { ...serviceSettingOperations, ...parameterOperations({ sealer: sealerOf(randomBytes(32)) }) };
const call = (operation: string, input: object, account = '1') =>
  invoke(operations, operation, fakeCall(store.db, { account }), input);
const setting = async (SettingId: string, account?: string) =>
  (await call('GetServiceSetting', { SettingId }, account)).ServiceSetting as Record<string, unknown>;

test('a setting has its default, is changed for one account, and reset', async () => {
  const id = '/ssm/managed-instance/activation-tier';
  const first = await setting(id);
  assert.deepEqual([first.SettingValue, first.Status], ['standard', 'Default']);
  const SettingId = `arn:aws:ssm:us-east-1:1:servicesetting${id}`;
  assert.equal(first.ARN, SettingId);
  await call('UpdateServiceSetting', { SettingId, SettingValue: 'advanced' });
  const changed = await setting(SettingId);
  assert.deepEqual([changed.SettingValue, changed.Status, changed.SettingId], ['advanced', 'Customized', id]);
  assert.deepEqual(changed.LastModifiedDate, new Date('2026-01-01T00:00:00Z'));
  assert.equal((await setting(id, '2')).SettingValue, 'standard');
  const reset = (await call('ResetServiceSetting', { SettingId: id })).ServiceSetting as Record<string, unknown>;
  assert.deepEqual([reset.SettingValue, reset.Status], ['standard', 'Default']);
});

test('every setting takes each of its values and no other', async () => {
  for (const [SettingId, { values, byDefault }] of Object.entries(SETTINGS)) {
    assert.equal((await setting(SettingId, '3')).SettingValue, byDefault);
    for (const SettingValue of values ?? ['/my/log/group']) {
      await call('UpdateServiceSetting', { SettingId, SettingValue }, '3');
      assert.equal((await setting(SettingId, '3')).SettingValue, SettingValue);
    }
    const bad = call('UpdateServiceSetting', { SettingId, SettingValue: values === null ? '\0' : 'Perhaps' }, '3');
    await assert.rejects(bad, { code: 'ValidationException' });
  }
});

test('a setting that nobody knows is not found', async () => {
  for (const SettingId of [
    '/ssm/x',
    'constructor',
    'arn:aws:ssm:us-east-1:2:servicesetting/ssm/opsinsights/opscenter',
  ]) {
    for (const operation of ['GetServiceSetting', 'ResetServiceSetting', 'UpdateServiceSetting'])
      await assert.rejects(call(operation, { SettingId, SettingValue: 'x' }), { code: 'ServiceSettingNotFound' });
  }
});

const document = (Sid: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid, Effect: 'Allow', Principal: '*', Action: 'ssm:GetParameter' }],
  });

test('a policy is replaced and deleted only by who knows its present hash', async () => {
  await call('PutParameter', { Name: '/shared', Value: 'x', Type: 'String', Tier: 'Advanced' });
  const ResourceArn = 'arn:aws:ssm:us-east-1:1:parameter/shared';
  const put = (Policy: string, more: object = {}) => call('PutResourcePolicy', { ResourceArn, Policy, ...more });
  const first = await put(document('one'));
  const second = await put(document('two'), first);
  assert.equal(second.PolicyId, first.PolicyId);
  assert.notEqual(second.PolicyHash, first.PolicyHash);
  assert.deepEqual(await call('GetResourcePolicies', { ResourceArn }), {
    Policies: [{ ...second, Policy: document('two') }],
  });
  const remove = (which: object) => call('DeleteResourcePolicy', { ResourceArn, ...which });
  await assert.rejects(put(document('three'), first), { code: 'ResourcePolicyConflictException' });
  await assert.rejects(remove(first), { code: 'ResourcePolicyConflictException' });
  await assert.rejects(remove({ PolicyId: 'x', PolicyHash: 'y' }), { code: 'ResourcePolicyNotFoundException' });
  await assert.rejects(put(document('x'), { PolicyId: first.PolicyId }), {
    code: 'ResourcePolicyInvalidParameterException',
  });
  assert.deepEqual(await remove(second), {});
  assert.deepEqual(await call('GetResourcePolicies', { ResourceArn }), { Policies: [] });
});

test('what cannot be a policy is refused, and policies go with their parameter', async () => {
  await call('PutParameter', { Name: '/p/a', Value: 'x', Type: 'String' });
  const ResourceArn = 'arn:aws:ssm:us-east-1:1:parameter/p/a';
  const put = (Policy: string, arn = ResourceArn) => call('PutResourcePolicy', { ResourceArn: arn, Policy });
  await assert.rejects(put(document('x')), { code: 'ResourcePolicyInvalidParameterException' });
  await call('PutParameter', { Name: '/p/a', Value: 'x', Overwrite: true, Tier: 'Advanced' });
  for (const text of ['x', '{}', '{"Statement":[]}', '\0'])
    await assert.rejects(put(text), { code: 'MalformedResourcePolicyDocumentException' });
  await assert.rejects(put(document('x'.repeat(1024))), { code: 'ResourcePolicyLimitExceededException' });
  for (const arn of [
    'arn:aws:ssm:us-east-1:1:parameter/none',
    `${ResourceArn}:1`,
    '/p/a',
    ` ${ResourceArn}`,
    'arn:aws:ssm:us-east-1:1:opsitemgroup/default',
  ])
    await assert.rejects(put(document('x'), arn), { code: 'ResourceNotFoundException' });
  await put(document('a'));
  await put(document('b'));
  const pages: unknown[] = [];
  let NextToken: unknown;
  do {
    const page = await call('GetResourcePolicies', { ResourceArn, MaxResults: 1, ...(NextToken ? { NextToken } : {}) });
    pages.push(...(page.Policies as object[]));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.equal(pages.length, 2);
  await call('DeleteParameter', { Name: '/p/a' });
  await call('PutParameter', { Name: '/p/a', Value: 'x', Type: 'String' });
  assert.deepEqual(await call('GetResourcePolicies', { ResourceArn }), { Policies: [] });
});
