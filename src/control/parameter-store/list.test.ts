import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Parameter } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { sealerOf } from '../../store/sealer.ts';
import { parameterOperations } from './operations.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const operations = parameterOperations({ sealer: sealerOf(randomBytes(32)) });
const call = (operation: string, input: object, account = '1') =>
  invoke(operations, operation, fakeCall(store.db, { account }), input);
const put = (Name: string, account: string, more: object = {}) =>
  call('PutParameter', { Name, Value: 'x', Type: 'String', ...more }, account);

/** All pages, with the size of each checked. */
async function walk(operation: string, input: object, size: number, account: string): Promise<string[]> {
  const names: string[] = [];
  let token: object = {};
  for (let pages = 0; pages < 200; pages += 1) {
    const answer = await call(operation, { ...input, MaxResults: size, ...token }, account);
    const items = answer.Parameters as Parameter[];
    names.push(...items.map(({ Name }) => Name ?? ''));
    if (answer.NextToken === undefined) return names;
    assert.equal(items.length, size);
    token = { NextToken: answer.NextToken };
  }
  throw new Error('the pages do not end');
}

const segment = fc.string({ unit: fc.constantFrom('a', 'b', '0', '.', '-'), minLength: 1, maxLength: 2 });
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
const tree = fc.uniqueArray(fc.oneof(path, segment), { minLength: 1, maxLength: 12 });

/** What the path lists mean, said in another way than the SQL does. */
function below(name: string, root: string, isRecursive: boolean): boolean {
  const parts = name.replace(/^\//, '').split('/');
  const above = root.split('/').filter((part) => part !== '');
  const isInside = above.every((part, index) => parts[index] === part) && parts.length > above.length;
  return isInside && (isRecursive || parts.length === above.length + 1);
}

test('a path lists exactly what is below it, in pages of any size, each once and in order', async () => {
  let account = 1000;
  await fc.assert(
    fc.asyncProperty(
      tree,
      fc.oneof(path, fc.constant('/')),
      fc.boolean(),
      fc.integer({ min: 1, max: 10 }),
      async (names, root, Recursive, size) => {
        account += 1;
        for (const name of names) await put(name, String(account));
        const expected = names.filter((name) => below(name, root, Recursive)).sort();
        assert.deepEqual(await walk('GetParametersByPath', { Path: root, Recursive }, size, String(account)), expected);
        const ParameterFilters = [{ Key: 'Path', Option: Recursive ? 'Recursive' : 'OneLevel', Values: [root] }];
        assert.deepEqual(await walk('DescribeParameters', { ParameterFilters }, size, String(account)), expected);
        assert.deepEqual(await walk('DescribeParameters', {}, size, String(account)), [...names].sort());
      },
    ),
    { numRuns: 25 },
  );
});

test('filters of every key and option, with alternatives and all together', async () => {
  const account = '2';
  await put('/app/db', account, { Tags: [{ Key: 'env', Value: 'prod' }], Tier: 'Advanced' });
  await put('/app/web', account, { Type: 'SecureString' });
  await put('app', account, { Type: 'StringList', Value: 'a,b', Tags: [{ Key: 'env', Value: 'test' }] });
  await put('%_x', account).catch(() => {});
  await put('image', account, { Value: 'ami-01234567', DataType: 'aws:ec2:image' });
  const table: [object[], string[]][] = [
    [[{ Key: 'Name', Values: ['/app'] }], ['app']],
    [[{ Key: 'Name', Values: ['/app/db', 'image'] }], ['/app/db', 'image']],
    [[{ Key: 'Name', Option: 'BeginsWith', Values: ['app'] }], ['/app/db', '/app/web', 'app']],
    [[{ Key: 'Name', Option: 'BeginsWith', Values: ['/app/'] }], ['/app/db', '/app/web']],
    [[{ Key: 'Name', Option: 'Contains', Values: ['p/', 'mag'] }], ['/app/db', '/app/web', 'image']],
    [[{ Key: 'Name', Option: 'Contains', Values: ['%', '_'] }], []],
    [[{ Key: 'Name', Values: ['app\0'] }], []],
    [[{ Key: 'Type', Values: ['StringList', 'SecureString'] }], ['/app/web', 'app']],
    [[{ Key: 'Type', Option: 'BeginsWith', Values: ['String'] }], ['/app/db', 'app', 'image']],
    [[{ Key: 'KeyId', Values: ['alias/aws/ssm'] }], ['/app/web']],
    [[{ Key: 'KeyId', Option: 'BeginsWith', Values: ['alias/'] }], ['/app/web']],
    [[{ Key: 'Tier', Values: ['Advanced'] }], ['/app/db']],
    [[{ Key: 'DataType', Values: ['aws:ec2:image'] }], ['image']],
    [[{ Key: 'tag:env', Values: ['prod', 'x'] }], ['/app/db']],
    [[{ Key: 'tag:env', Option: 'BeginsWith', Values: ['te'] }], ['app']],
    [[{ Key: 'tag:env' }], ['/app/db', 'app']],
    [[{ Key: 'tag:env' }, { Key: 'Type', Values: ['String'] }], ['/app/db']],
    [[], ['/app/db', '/app/web', 'app', 'image']],
  ];
  for (const [ParameterFilters, names] of table)
    assert.deepEqual(
      await walk('DescribeParameters', { ParameterFilters }, 2, account),
      names,
      JSON.stringify(ParameterFilters),
    );
  const old = [
    { Key: 'Name', Values: ['/app'] },
    { Key: 'Type', Values: ['String'] },
  ];
  assert.deepEqual(await walk('DescribeParameters', { Filters: old }, 2, account), ['/app/db']);
  assert.deepEqual(await walk('DescribeParameters', { Shared: true }, 2, account), []);
});

test('filters outside the rules are refused, each with its error', async () => {
  const describe = (...ParameterFilters: object[]) => call('DescribeParameters', { ParameterFilters });
  const byPath = (...ParameterFilters: object[]) => call('GetParametersByPath', { Path: '/', ParameterFilters });
  const name = { Key: 'Name', Values: ['a'] };
  const table: [() => Promise<unknown>, string][] = [
    [() => describe({ Key: 'Label', Values: ['a'] }), 'InvalidFilterKey'],
    [() => describe(name, name), 'InvalidFilterKey'],
    [() => describe({ Key: 'Name' }), 'InvalidFilterValue'],
    [() => describe({ Key: 'Name', Option: 'Recursive', Values: ['a'] }), 'InvalidFilterOption'],
    [() => describe({ Key: 'Path', Option: 'Equals', Values: ['/a'] }), 'InvalidFilterOption'],
    [() => describe({ Key: 'Type', Option: 'Contains', Values: ['a'] }), 'InvalidFilterOption'],
    [() => describe({ Key: 'Type', Values: ['Number'] }), 'InvalidFilterValue'],
    [() => describe({ Key: 'Path', Values: ['/aws/service'] }), 'ValidationException'],
    [() => describe({ Key: 'Path', Values: ['a'] }), 'ValidationException'],
    [() => byPath(name), 'InvalidFilterKey'],
    [() => byPath({ Key: 'tag:a', Values: ['a'] }), 'InvalidFilterKey'],
    [() => byPath({ Key: 'Label', Option: 'BeginsWith', Values: ['a'] }), 'InvalidFilterOption'],
    [() => call('DescribeParameters', { Filters: [name], ParameterFilters: [name] }), 'ValidationException'],
    [() => call('DescribeParameters', { NextToken: 'x' }), 'InvalidNextToken'],
    [() => call('GetParametersByPath', { Path: 'a' }), 'ValidationException'],
  ];
  for (const [answer, code] of table) await assert.rejects(answer(), { code });
});

test('a label below a path chooses the version that carries it', async () => {
  const account = '3';
  for (const name of ['/l/a', '/l/b', '/l/c']) await put(name, account);
  await call('PutParameter', { Name: '/l/a', Value: 'y', Overwrite: true }, account);
  await call('LabelParameterVersion', { Name: '/l/a', ParameterVersion: 1, Labels: ['prod'] }, account);
  await call('LabelParameterVersion', { Name: '/l/b', Labels: ['test'] }, account);
  const labelled = (Values: string[]) =>
    call('GetParametersByPath', { Path: '/l', ParameterFilters: [{ Key: 'Label', Values }] }, account);
  const { Parameters } = await labelled(['prod', '1bad']);
  assert.deepEqual(
    (Parameters as Parameter[]).map(({ Name, Version, Value }) => [Name, Version, Value]),
    [['/l/a', 1, 'x']],
  );
  assert.equal(((await labelled(['prod', 'test'])).Parameters as object[]).length, 2);
});

test('values below a path are decrypted on demand', async () => {
  await put('/s/x', '4', { Type: 'SecureString', Value: 'open' });
  const read = async (WithDecryption: boolean) =>
    ((await call('GetParametersByPath', { Path: '/s', WithDecryption }, '4')).Parameters as Parameter[])[0]?.Value;
  assert.equal(await read(true), 'open');
  assert.notEqual(await read(false), 'open');
});
