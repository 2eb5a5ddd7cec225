import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import type { GetParameterResult, GetParametersResult, ParameterHistory } from '@aws-sdk/client-ssm';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { sealerOf } from '../../store/sealer.ts';
import { serviceSettingOperations } from '../service-settings/operations.ts';
import { tagOperations } from '../tags/operations.ts';
import { deleteExpiredParameters } from './delete.ts';
import { parameterExists, parameterOperations } from './operations.ts';

let store: TestDatabase;
let account = 100;
let now = new Date('2026-01-01T00:00:00Z');
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());
beforeEach(() => {
  account += 1;
  now = new Date('2026-01-01T00:00:00Z');
});

const operations = {
  ...parameterOperations({ sealer: sealerOf(randomBytes(32)) }),
  ...tagOperations({ Parameter: parameterExists }),
  ...serviceSettingOperations,
};
function call<T = Record<string, unknown>>(operation: string, input: object): Promise<T> {
  return invoke<T>(operations, operation, fakeCall(store.db, { account: String(account), now }), input);
}
const put = (Name: string, Value: string, more: object = {}) =>
  call('PutParameter', { Name, Value, Type: 'String', ...more });
const again = (Name: string, Value: string, more: object = {}) =>
  call('PutParameter', { Name, Value, Overwrite: true, ...more });
const get = async (Name: string, more: object = {}) =>
  (await call<GetParameterResult>('GetParameter', { Name, ...more })).Parameter;
const value = async (Name: string) => (await get(Name))?.Value;
const history = async (Name: string) =>
  (await call<{ Parameters: ParameterHistory[] }>('GetParameterHistory', { Name })).Parameters;

test('a parameter is created, read, given further versions and deleted', async () => {
  assert.deepEqual(await put('/a/b', 'one', { Description: 'first' }), { Version: 1, Tier: 'Standard' });
  assert.deepEqual(await get('/a/b'), {
    Name: '/a/b',
    Type: 'String',
    Value: 'one',
    Version: 1,
    LastModifiedDate: now,
    ARN: `arn:aws:ssm:us-east-1:${account}:parameter/a/b`,
    DataType: 'text',
  });
  await assert.rejects(put('/a/b', 'two'), { code: 'ParameterAlreadyExists' });
  assert.deepEqual(await again('/a/b', 'two'), { Version: 2, Tier: 'Standard' });
  assert.deepEqual(
    (await history('/a/b')).map(({ Version, Value, Description }) => [Version, Value, Description]),
    [
      [1, 'one', 'first'],
      [2, 'two', 'first'],
    ],
  );
  await call('DeleteParameter', { Name: '/a/b' });
  await assert.rejects(get('/a/b'), { code: 'ParameterNotFound' });
  await assert.rejects(call('DeleteParameter', { Name: '/a/b' }), { code: 'ParameterNotFound' });
});

test('versions, labels and ARNs choose what is read', async () => {
  await put('x', '1');
  await again('x', '2');
  await call('LabelParameterVersion', { Name: 'x', ParameterVersion: 1, Labels: ['old'] });
  const arn = `arn:aws:ssm:us-east-1:${account}:parameter/x`;
  assert.deepEqual(await Promise.all(['x', 'x:1', 'x:old', 'x:2', arn, `${arn}:old`].map(value)), [
    ...['2', '1', '1', '2', '2', '1'],
  ]);
  assert.equal((await get('x:old'))?.Selector, ':old');
  await assert.rejects(get('x:3'), { code: 'ParameterVersionNotFound', message: /version 3 of x/ });
  await assert.rejects(get('x:none'), { code: 'ParameterVersionNotFound', message: /label none of x/ });
  for (const Name of ['y', 'y:1', 'x:1:2', 'x\0', '/aws/service/ami', `${arn}2`])
    await assert.rejects(get(Name), { code: 'ParameterNotFound' }, Name);
  const many = await call<GetParametersResult>('GetParameters', { Names: ['x', 'x:1', 'x:9', 'no', 'x'] });
  assert.deepEqual(
    many.Parameters?.map(({ Name, Selector }) => [Name, Selector]),
    [
      ['x', undefined],
      ['x', ':1'],
    ],
  );
  assert.deepEqual(many.InvalidParameters, ['x:9', 'no']);
});

test('a SecureString is never in clear in the database, and is decrypted only on demand', async () => {
  await put('/secret', 'päss\0word', { Type: 'SecureString' });
  const { rows } = await store.pool.query('SELECT value FROM parameter_version WHERE account = $1', [String(account)]);
  assert.equal((rows[0].value as Buffer).includes('word'), false);
  assert.equal((await get('/secret', { WithDecryption: true }))?.Value, 'päss\0word');
  const sealed = (await get('/secret'))?.Value ?? '';
  assert.deepEqual(Buffer.from(sealed, 'base64'), rows[0].value);
  assert.equal((await history('/secret'))[0]?.KeyId, 'alias/aws/ssm');
  await assert.rejects(put('/other', 'x', { Type: 'SecureString', KeyId: 'alias/mine' }), { code: 'InvalidKeyId' });
  await assert.rejects(put('/other', 'x', { KeyId: 'alias/aws/ssm' }), { code: 'ValidationException' });
});

test('a sealed value that is moved to another parameter does not open', async () => {
  await put('/one', 'x', { Type: 'SecureString' });
  await put('/two', 'y', { Type: 'SecureString' });
  await store.pool.query(
    `UPDATE parameter_version SET value = (SELECT value FROM parameter_version WHERE account = $1 AND name = '/one')
     WHERE account = $1 AND name = '/two'`,
    [String(account)],
  );
  await assert.rejects(get('/two', { WithDecryption: true }), { code: 'StoreFailed' });
});

test('a hundred versions are kept, and the oldest goes unless it has a label', async () => {
  await put('v', '1');
  for (let version = 2; version <= 101; version += 1) await again('v', String(version));
  await assert.rejects(get('v:1'), { code: 'ParameterVersionNotFound' });
  await call('LabelParameterVersion', { Name: 'v', ParameterVersion: 2, Labels: ['keep'] });
  await assert.rejects(again('v', '102'), {
    code: 'ParameterMaxVersionLimitExceeded',
    message: /Version 2, the oldest/,
  });
  await call('LabelParameterVersion', { Name: 'v', Labels: ['keep'] });
  assert.deepEqual(await again('v', '102'), { Version: 102, Tier: 'Standard' });
  const { Parameters, NextToken } = await call('GetParameterHistory', { Name: 'v' });
  const rest = await call('GetParameterHistory', { Name: 'v', NextToken });
  const kept = [...(Parameters as ParameterHistory[]), ...(rest.Parameters as ParameterHistory[])];
  assert.deepEqual(
    kept.map(({ Version }) => Version),
    Array.from({ length: 100 }, (_, index) => index + 3),
  );
  assert.equal(rest.NextToken, undefined);
});

test('a label is on one version, at most ten are on each, and bad ones are told', async () => {
  await put('l', '1');
  await again('l', '2');
  const label = (Labels: string[], more: object = {}) => call('LabelParameterVersion', { Name: 'l', Labels, ...more });
  assert.deepEqual(await label(['a', 'b', '1x', 'aws'], { ParameterVersion: 1 }), {
    InvalidLabels: ['1x', 'aws'],
    ParameterVersion: 1,
  });
  assert.deepEqual(await label(['b']), { InvalidLabels: [], ParameterVersion: 2 });
  assert.deepEqual(
    (await history('l')).map(({ Labels }) => Labels),
    [['a'], ['b']],
  );
  await label(['c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']);
  await assert.rejects(label(['l']), { code: 'ParameterVersionLabelLimitExceeded' });
  await label(['k', 'j']);
  for (const ParameterVersion of [3, 0, -1, 1e300, 1.5])
    await assert.rejects(label(['z'], { ParameterVersion }), { code: 'ParameterVersionNotFound' });
  const unlabel = await call('UnlabelParameterVersion', { Name: 'l', ParameterVersion: 2, Labels: ['b', 'a', 'x'] });
  assert.deepEqual(unlabel, { RemovedLabels: ['b'], InvalidLabels: ['a', 'x'] });
  assert.deepEqual((await history('l'))[0]?.Labels, ['a']);
  await assert.rejects(call('LabelParameterVersion', { Name: 'no', Labels: ['a'] }), { code: 'ParameterNotFound' });
});

test('the type is needed at first and never changes', async () => {
  await assert.rejects(put('t', 'x', { Type: undefined }), {
    code: 'ValidationException',
    message: /type is required/,
  });
  await put('t', 'x');
  await assert.rejects(again('t', 'x', { Type: 'SecureString' }), { code: 'HierarchyTypeMismatchException' });
  assert.equal((await get('t'))?.Version, 1);
});

test('the tier follows the size, the policies, the request and the default of the account', async () => {
  await assert.rejects(put('s', 'x'.repeat(4097)), { code: 'ValidationException', message: /4096/ });
  await assert.rejects(put('s', 'ä'.repeat(2049)), { code: 'ValidationException', message: /4096/ });
  assert.deepEqual(await put('s', 'x'.repeat(4096)), { Version: 1, Tier: 'Standard' });
  assert.deepEqual(await again('s', 'x'.repeat(8192), { Tier: 'Advanced' }), { Version: 2, Tier: 'Advanced' });
  assert.deepEqual(await again('s', 'x'), { Version: 3, Tier: 'Advanced' });
  await assert.rejects(again('s', 'x', { Tier: 'Standard' }), { code: 'ValidationException', message: /downgrade/ });
  await assert.rejects(again('s', 'x'.repeat(8193)), { code: 'ValidationException', message: /8192/ });
  const smart = { Tier: 'Intelligent-Tiering' };
  assert.deepEqual(await put('i', 'x', smart), { Version: 1, Tier: 'Standard' });
  assert.deepEqual(await put('j', 'x'.repeat(4097), smart), { Version: 1, Tier: 'Advanced' });
  const SettingId = '/ssm/parameter-store/default-parameter-tier';
  await call('UpdateServiceSetting', { SettingId, SettingValue: 'Advanced' });
  assert.deepEqual(await put('k', 'x'), { Version: 1, Tier: 'Advanced' });
});

test('an account with all the standard parameters that it may have gets advanced ones, or is told so', async () => {
  await store.pool.query(
    `INSERT INTO parameter (account, name, latest, tier) SELECT $1, 'p' || n, 1, 'Standard' FROM generate_series(1, 10000) n`,
    [String(account)],
  );
  await assert.rejects(put('one', 'x'), { code: 'ParameterLimitExceeded' });
  assert.deepEqual(await put('one', 'x', { Tier: 'Intelligent-Tiering' }), { Version: 1, Tier: 'Advanced' });
  assert.deepEqual(await again('one', 'y'), { Version: 2, Tier: 'Advanced' });
});

test('an expired parameter is gone for every reader, can be made anew, and is swept', async () => {
  const Policies = JSON.stringify([
    { Type: 'Expiration', Version: '1.0', Attributes: { Timestamp: '2026-01-02T00:00:00Z' } },
  ]);
  await assert.rejects(put('e', 'x', { Policies }), { code: 'ValidationException' });
  await put('e', 'x', { Policies, Tier: 'Advanced', Tags: [{ Key: 'k', Value: 'v' }] });
  await put('f', 'x', { Policies, Tier: 'Advanced' });
  await again('f', 'y');
  assert.equal((await history('f'))[1]?.Policies?.[0]?.PolicyType, 'Expiration');
  await again('f', 'y', { Policies: '[]' });
  now = new Date('2026-01-02T00:00:00Z');
  await assert.rejects(get('e'), { code: 'ParameterNotFound' });
  await assert.rejects(history('e'), { code: 'ParameterNotFound' });
  await assert.rejects(call('DeleteParameter', { Name: 'e' }), { code: 'ParameterNotFound' });
  assert.equal(((await call('DescribeParameters', {})).Parameters as object[]).length, 1);
  assert.deepEqual(await put('e', 'new'), { Version: 1, Tier: 'Standard' });
  const tags = await call('ListTagsForResource', { ResourceType: 'Parameter', ResourceId: 'e' });
  assert.deepEqual(tags, { TagList: [] });
  await put('g', 'x', { Policies: Policies.replace('02T', '03T'), Tier: 'Advanced' });
  assert.equal(await deleteExpiredParameters(store.db, new Date('2026-01-03T00:00:00Z')), 1);
  assert.equal(await deleteExpiredParameters(store.db, new Date('2026-01-03T00:00:00Z')), 0);
});

test('the allowed pattern holds for the whole value, stays with the parameter, and cannot stop the server', async () => {
  await put('p', '12', { AllowedPattern: '\\d+' });
  await assert.rejects(again('p', '12a'), { code: 'ParameterPatternMismatchException' });
  await again('p', '34');
  await again('p', 'free', { AllowedPattern: '' });
  await assert.rejects(put('q', 'x', { AllowedPattern: '(' }), { code: 'InvalidAllowedPatternException' });
  const trap = put('q', `${'a'.repeat(60)}!`, { AllowedPattern: '(a+)+$' });
  let beats = 0;
  const pulse = setInterval(() => {
    beats += 1;
  }, 20);
  await assert.rejects(trap, { code: 'InvalidAllowedPatternException', message: /too long/ });
  clearInterval(pulse);
  assert.ok(beats > 0);
  await assert.rejects(get('q'), { code: 'ParameterNotFound' });
});

test('values and data types outside the rules are refused', async () => {
  const table: [string, object, RegExp][] = [
    ['', {}, /length greater than or equal to 1/],
    ['{{ssm:x}}', {}, /can't nest/],
    ['x', { DataType: 'Text' }, /data type is not supported: Text/],
    ['x', { DataType: 'aws:ec2:image' }, /ID of an image/],
    ['ami-0123456789abcdef0', { DataType: 'aws:ec2:image', Type: 'StringList' }, /needs the type String/],
    ['x', { Description: '\0' }, /cannot be stored/],
    ['x', { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] }, /tags and overwrite/],
  ];
  for (const [text, more, message] of table)
    await assert.rejects(put('d', text, more), { code: 'ValidationException', message });
  await put('d', 'ami-0123456789abcdef0', { DataType: 'aws:ec2:image' });
  assert.equal((await get('d'))?.DataType, 'aws:ec2:image');
});

test('writers of one parameter at the same time make one version each', async () => {
  const created = await Promise.allSettled(Array.from({ length: 5 }, () => put('c', 'x')));
  assert.equal(created.filter(({ status }) => status === 'fulfilled').length, 1);
  await Promise.all(Array.from({ length: 10 }, (_, index) => again('c', String(index))));
  assert.deepEqual(
    (await history('c')).map(({ Version }) => Version),
    Array.from({ length: 11 }, (_, i) => i + 1),
  );
});

test('tags and a bad tag: both or nothing', async () => {
  await assert.rejects(put('/tagged', 'x', { Tags: [{ Key: 'aws:x', Value: '' }] }), { code: 'ValidationException' });
  await assert.rejects(get('/tagged'), { code: 'ParameterNotFound' });
  await put('/tagged', 'x', { Tags: [{ Key: 'a', Value: 'b' }] });
  const tags = { ResourceType: 'Parameter', ResourceId: '/tagged' };
  assert.deepEqual(await call('ListTagsForResource', tags), { TagList: [{ Key: 'a', Value: 'b' }] });
  await call('DeleteParameters', { Names: ['/tagged'] });
  await put('/tagged', 'x');
  assert.deepEqual(await call('ListTagsForResource', tags), { TagList: [] });
});

test('many are deleted at once, and those that are not there are told', async () => {
  await put('a', 'x');
  await put('b', 'x');
  assert.deepEqual(await call('DeleteParameters', { Names: ['a', 'no', 'b:1', 'b'] }), {
    DeletedParameters: ['a', 'b'],
    InvalidParameters: ['no', 'b:1'],
  });
});
