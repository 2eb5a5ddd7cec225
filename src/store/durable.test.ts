import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { sql } from 'drizzle-orm';
import { startCluster } from './cluster.ts';
import { openDatabase } from './database.ts';
import { COMMIT_WITHOUT_SYNC, flushOf } from './durable.ts';

test('a flush makes what was committed without a sync durable, one sync for many', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-durable-'));
  // The writer of the log would else flush it by itself within 200 ms.
  const cluster = await startCluster(folder, ['wal_writer_delay=10s', 'wal_writer_flush_after=1GB']);
  const { db, close } = openDatabase({ socketFolder: cluster.socketFolder });
  t.after(async () => {
    await close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await db.execute(sql`CREATE TABLE kept (number integer)`);
  const isDurable = async (place: string) => {
    const { rows } = await db.execute<{ done: boolean }>(
      sql`SELECT pg_current_wal_flush_lsn() >= ${place}::pg_lsn AS done`,
    );
    return rows[0]?.done;
  };
  const commit = async (number: number): Promise<string> => {
    await db.execute(sql`INSERT INTO kept SELECT ${number}::integer FROM (SELECT ${COMMIT_WITHOUT_SYNC}) AS quick`);
    const { rows } = await db.execute<{ place: string }>(sql`SELECT pg_current_wal_insert_lsn()::text AS place`);
    return rows[0]?.place ?? '';
  };
  let syncs = 0;
  const counting = new Proxy(db, {
    get: (target, name, receiver) => {
      if (name === 'execute') syncs += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  const flush = flushOf(counting);
  const places = await Promise.all(
    Array.from({ length: 40 }, async (_, number) => {
      const place = await commit(number);
      await flush();
      assert.equal(await isDurable(place), true);
      return place;
    }),
  );
  assert.equal(places.length, 40);
  assert.ok(syncs < 40, `${syncs} syncs for 40 commits`);
});
