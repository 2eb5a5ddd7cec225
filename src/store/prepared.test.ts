import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { type TestDatabase, testDatabase } from '../../test/database.ts';

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
  await store.db.execute(sql`CREATE TABLE kept (value integer PRIMARY KEY)`);
});
after(() => store.dispose());

const keep = (db: Pick<TestDatabase['db'], 'execute'>, value: number) =>
  db.execute(sql`INSERT INTO kept (value) VALUES (${value})`);
const kept = async () => {
  const { rows } = await store.db.execute<{ value: number }>(sql`SELECT value FROM kept ORDER BY value`);
  await store.db.execute(sql`DELETE FROM kept`);
  return rows.map(({ value }) => value);
};

test('statements of one transaction that are sent together are done in their order', async () => {
  await store.db
    .transaction(async (tx) => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          tx.execute<{ at: number }>(sql`SELECT ${at}::int AS at, nextval('later')`),
        ),
      ).catch(() => null);
      assert.equal(answers, null, 'there is no such sequence');
      throw new Error('over');
    })
    .catch(() => {});
  await store.db.execute(sql`CREATE SEQUENCE later`);
  const order = await store.db.transaction((tx) =>
    Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const { rows } = await tx.execute<{ next: string }>(sql`SELECT nextval('later') AS next, ${at}::int AS at`);
        return Number(rows[0]?.next);
      }),
    ),
  );
  assert.deepEqual(
    order,
    Array.from({ length: 40 }, (_, at) => at + 1),
  );
});

test('what fails takes its transaction back, prepared or not', async () => {
  for (let round = 0; round < 8; round += 1) {
    const twice = store.db.transaction(async (tx) => {
      await keep(tx, round);
      await keep(tx, round);
    });
    await assert.rejects(twice, (error: Error) => /duplicate key/.test(String(error.cause)));
  }
  assert.deepEqual(await kept(), []);
});

test('an inner transaction that fails takes back itself alone', async () => {
  for (let round = 0; round < 8; round += 1) {
    await store.db.transaction(async (tx) => {
      await keep(tx, round);
      const inner = tx.transaction(async (savepoint) => {
        await keep(savepoint, 100 + round);
        await keep(savepoint, round);
      });
      await assert.rejects(inner);
      await tx.transaction((savepoint) => keep(savepoint, 200 + round));
    });
  }
  const expected = [0, 200].flatMap((from) => Array.from({ length: 8 }, (_, at) => from + at));
  assert.deepEqual(await kept(), expected);
});

test('a connection that is cut fails the transaction on it, and the next one works', async () => {
  const cut = store.db.transaction(async (tx) => {
    await keep(tx, 1);
    const { rows } = await tx.execute<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
    await store.db.execute(sql`SELECT pg_terminate_backend(${rows[0]?.pid})`);
    await keep(tx, 2);
  });
  await assert.rejects(cut);
  await store.db.transaction((tx) => keep(tx, 3));
  assert.deepEqual(await kept(), [3]);
});

test('any number of different statements is taken', async () => {
  for (let at = 0; at < 2500; at += 1)
    await store.db.execute(sql`SELECT ${at}::int AS ${sql.identifier(`c${at % 700}`)}`);
});
