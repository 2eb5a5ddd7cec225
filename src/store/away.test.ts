import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'drizzle-orm';
import { testDatabase } from '../../test/database.ts';
import { isStoreAway } from './away.ts';
import { openDatabase } from './database.ts';

const caught = (what: Promise<unknown>) => what.then(() => null).catch((error: unknown) => error);

test('a PostgreSQL that ends a connection, or is not there, is away; one that refuses a statement is not', async (t) => {
  const store = await testDatabase();
  t.after(store.dispose);
  const wrong = [sql`SELECT * FROM no_such_table`, sql`SELECT 1 / 0`, sql`SELECT 'x'::int`];
  for (const statement of wrong) assert.equal(isStoreAway(await caught(store.db.execute(statement))), false);
  const error = await caught(store.db.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`));
  assert.equal(isStoreAway(error), true, String(error));
  for (const where of [{ socketFolder: '/nowhere' }, { url: 'postgresql://x@127.0.0.1:1/x' }]) {
    const nowhere = openDatabase(where);
    assert.equal(isStoreAway(await caught(nowhere.db.execute(sql`SELECT 1`))), true);
    await nowhere.close();
    assert.equal(isStoreAway(await caught(nowhere.db.execute(sql`SELECT 1`))), true, 'a closed pool');
  }
});

test('errors of other kinds are not taken for it', () => {
  const file = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' });
  for (const error of [file, new Error('no baseline'), 'text', null, new AggregateError([new Error('x')])])
    assert.equal(isStoreAway(error), false);
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
  assert.equal(isStoreAway(new AggregateError([new Error('x'), refused])), true);
});
