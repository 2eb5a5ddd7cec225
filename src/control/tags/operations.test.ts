import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { tagOperations } from './operations.ts';
import { deleteAllTags, putTags, resourcesByTag, tagsOf } from './tags.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const operations = tagOperations({ PatchBaseline: async (_call, id) => id.startsWith('pb-') });

const call = (operation: string, input: object) => invoke(operations, operation, fakeCall(store.db), input);
const baseline = (ResourceId: string) => ({ ResourceType: 'PatchBaseline', ResourceId });
const list = async (id: string) => (await call('ListTagsForResource', baseline(id))).TagList as object[];

test('tags are added, overwritten, listed in order of their keys and removed', async () => {
  const Tags = [
    { Key: 'b', Value: '1' },
    { Key: 'a', Value: '' },
    { Key: 'b', Value: '2' },
  ];
  assert.deepEqual(await call('AddTagsToResource', { ...baseline('pb-1'), Tags }), {});
  await call('AddTagsToResource', { ...baseline('pb-1'), Tags: [{ Key: 'a', Value: 'x' }] });
  assert.deepEqual(await list('pb-1'), [
    { Key: 'a', Value: 'x' },
    { Key: 'b', Value: '2' },
  ]);
  await call('RemoveTagsFromResource', { ...baseline('pb-1'), TagKeys: ['a', 'not there'] });
  assert.deepEqual(await list('pb-1'), [{ Key: 'b', Value: '2' }]);
  assert.deepEqual(await list('pb-2'), []);
});

test('a kind that is not kept and an id that is not there are refused', async () => {
  const add = (resource: object) => call('AddTagsToResource', { ...resource, Tags: [{ Key: 'a', Value: 'b' }] });
  await assert.rejects(add({ ResourceType: 'OpsItem', ResourceId: 'oi-1' }), { code: 'InvalidResourceType' });
  for (const id of ['mw-1', 'pb-\0', '']) await assert.rejects(add(baseline(id)), { code: 'InvalidResourceId' });
  await assert.rejects(call('ListTagsForResource', baseline('x')), { code: 'InvalidResourceId' });
  await assert.rejects(call('RemoveTagsFromResource', { ...baseline('x'), TagKeys: ['a'] }), {
    code: 'InvalidResourceId',
  });
});

test('the reserved prefix is refused in any case of its letters', async () => {
  for (const Key of ['aws:x', 'AWS:x', 'aws:'])
    await assert.rejects(call('AddTagsToResource', { ...baseline('pb-9'), Tags: [{ Key, Value: '' }] }), {
      code: 'ValidationException',
    });
  assert.deepEqual(await list('pb-9'), []);
});

test('more than 50 tags are refused as a whole, be it in one call, in two, or in two at the same time', async () => {
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => ({ Key: `k${from + index}`, Value: 'v' }));
  const add = (id: string, Tags: object[]) => call('AddTagsToResource', { ...baseline(id), Tags });
  await assert.rejects(add('pb-many', numbered(0, 10_000)), { code: 'TooManyTagsError' });
  assert.equal((await list('pb-many')).length, 0);
  await add('pb-many', numbered(0, 50));
  await add('pb-many', numbered(10, 40));
  await assert.rejects(add('pb-many', numbered(49, 51)), { code: 'TooManyTagsError' });
  assert.equal((await list('pb-many')).length, 50);
  const race = await Promise.allSettled([add('pb-race', numbered(0, 30)), add('pb-race', numbered(30, 60))]);
  assert.deepEqual(race.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await list('pb-race')).length, 30);
  const TagKeys = numbered(0, 70_000).map(({ Key }) => Key);
  await call('RemoveTagsFromResource', { ...baseline('pb-many'), TagKeys });
  assert.equal((await list('pb-many')).length, 0);
});

test('resources are found by key and value, within their account and kind', async () => {
  const put = (account: string, id: string, Value: string) =>
    putTags(store.db, account, 'ManagedInstance', id, [{ Key: 'Patch Group', Value }]);
  await put('1', 'mi-2', 'web');
  await put('1', 'mi-1', 'web');
  await put('1', 'mi-3', 'db');
  await put('2', 'mi-4', 'web');
  const find = (values?: string[]) => resourcesByTag(store.db, '1', 'ManagedInstance', 'Patch Group', values);
  assert.deepEqual(await find(['web']), ['mi-1', 'mi-2']);
  assert.deepEqual(await find(['web', 'db', 'x']), ['mi-1', 'mi-2', 'mi-3']);
  assert.deepEqual(await find(), ['mi-1', 'mi-2', 'mi-3']);
  assert.deepEqual(await find([]), []);
  assert.deepEqual(await resourcesByTag(store.db, '1', 'PatchBaseline', 'Patch Group'), []);
  await deleteAllTags(store.db, '1', 'ManagedInstance', 'mi-1');
  assert.deepEqual(await find(['web']), ['mi-2']);
});

test('what is put is what is read, whatever the text', async () => {
  const tag = fc.record({
    Key: fc.string({ minLength: 1, maxLength: 128, unit: fc.constantFrom('a', 'Ä', '漢', ' ', '/', "'", '%', '=') }),
    Value: fc.string({ maxLength: 256, unit: fc.constantFrom('a', '😀', ' ', '"', '\\', '{', '}', ',') }),
  });
  let id = 0;
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(tag, { maxLength: 50, selector: ({ Key }) => Key }), async (tags) => {
      id += 1;
      await putTags(store.db, '3', 'Document', `d${id}`, tags);
      const read = await tagsOf(store.db, '3', 'Document', `d${id}`);
      assert.deepEqual(new Map(read.map(({ Key, Value }) => [Key, Value])), new Map(tags.map((t) => [t.Key, t.Value])));
    }),
    { numRuns: 30 },
  );
});
