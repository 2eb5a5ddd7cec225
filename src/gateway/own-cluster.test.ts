import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { keepCluster } from './own-cluster.ts';

it('a server holds its data directory again after its PostgreSQL was killed', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-own-cluster-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const told: string[] = [];
  const cluster = await keepCluster(home, (error) => told.push(String(error)));
  t.after(() => cluster.stop());
  const pool = openPool(cluster.socketFolder);
  t.after(() => pool.end());
  await cluster.claim(pool);
  const other = openPool(cluster.socketFolder);
  t.after(() => other.end());
  const holders = async (): Promise<number> => {
    const { rows } = await other.query(
      "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND granted",
    );
    return rows[0].n;
  };
  assert.equal(await holders(), 1);

  const [postmaster] = (await readFile(join(home, 'postgres/data/postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(postmaster), 'SIGKILL');
  await sleep(200);
  let held = 0;
  for (let tries = 0; tries < 300 && held === 0; tries += 1) {
    await sleep(100);
    held = await holders().catch(() => 0);
  }
  assert.equal(held, 1, told.join('\n'));

  // The second server stands beside the same PostgreSQL and must not take the directory.
  const second = await keepCluster(home, () => {});
  t.after(() => second.stop());
  await assert.rejects(second.claim(other), /Another server of Kintsugi keeps the data directory/);
});

function openPool(host: string): pg.Pool {
  const pool = new pg.Pool({ host, user: 'kintsugi', database: 'postgres', max: 2 });
  pool.on('error', () => {});
  return pool;
}
