import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../test/database.ts';
import { page, pageOf } from './paging.ts';

describe('paging', () => {
  let store: TestDatabase;
  before(async () => {
    store = await testDatabase();
  });
  after(() => store.dispose());

  const paging = { list: 'things', size: 50, keyOf: (row: string) => [row] };
  const call = (account = '000000000000') => ({ db: store.db, account });

  it('walks every row exactly once, in order, whatever the page size', async () => {
    const names = fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(names, fc.integer({ min: 1, max: 12 }), async (rows, size) => {
        const seen: string[] = [];
        let token: string | undefined;
        do {
          const next = await pageOf(call(), { MaxResults: size, NextToken: token }, paging, rows);
          assert.ok(next.items.length <= size);
          seen.push(...next.items);
          token = next.NextToken;
        } while (token !== undefined);
        assert.deepEqual(seen, [...rows].sort());
      }),
      { numRuns: 50 },
    );
  });

  it('gives no token when the page ends with the list', async () => {
    assert.deepEqual(await pageOf(call(), { MaxResults: 2 }, paging, ['b', 'a']), { items: ['a', 'b'] });
  });

  it('asks for one row more than it shows', async () => {
    const asked: unknown[] = [];
    await page(call(), {}, paging, async (from, limit) => {
      asked.push([from, limit]);
      return [];
    });
    assert.deepEqual(asked, [[null, 51]]);
  });

  it('takes no token that was made up, changed, or given for another list or account', async () => {
    const { NextToken: token = '' } = await pageOf(call(), { MaxResults: 1 }, paging, ['a', 'b']);
    const changed = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    const read = (given: string, account?: string, list = 'things') =>
      pageOf(call(account), { NextToken: given }, { ...paging, list }, ['a', 'b']);
    assert.deepEqual((await read(token)).items, ['b']);
    for (const attempt of [
      read('AAAA'),
      read('not base64 !'),
      read(`${token}AAAA`),
      read(changed.slice(0, 10) + changed.slice(11)),
      read(token, '111111111111'),
      read(token, undefined, 'others'),
    ])
      await assert.rejects(attempt, { code: 'InvalidNextToken' });
  });
});
