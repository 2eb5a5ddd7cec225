import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { testDatabase } from '../../test/database.ts';
import { type Credentials, sign } from '../../test/sign.ts';
import { verifyAudit } from '../control/audit/verify.ts';

const PROGRAM = fileURLToPath(new URL('../../test/small-server.ts', import.meta.url));

it('a server that is killed keeps every change that it answered, each with its audit entry', async (t) => {
  const store = await testDatabase();
  t.after(store.dispose);
  await store.db.execute(sql`CREATE TABLE kept (name text PRIMARY KEY)`);
  const child = spawn(process.execPath, [PROGRAM, store.socketFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url, key } = JSON.parse(line) as { url: string; key: Credentials };

  const answered: string[] = [];
  let isDead = false;
  const caller = async (id: number) => {
    for (let count = 0; !isDead; count += 1) {
      const name = `change-${id}-${count}`;
      const status = await create(url, key, name).catch(() => 0);
      if (status === 200) answered.push(name);
    }
  };
  const callers = Array.from({ length: 8 }, (_, id) => caller(id));
  for (let tries = 0; tries < 500 && answered.length < 100; tries += 1) await sleep(10);
  child.kill('SIGKILL');
  await once(child, 'exit');
  isDead = true;
  await Promise.all(callers);
  assert.ok(answered.length >= 100);

  // PostgreSQL ends what the dead left open as soon as it notices.
  const open = sql`SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;
  for (let tries = 0; tries < 500 && (await store.db.execute(open)).rows.length > 0; tries += 1) await sleep(10);
  const kept = await names(sql`SELECT name FROM kept ORDER BY name`);
  const told = await names(sql`SELECT input->>'Name' AS name FROM audit_entry WHERE result = 'ok' ORDER BY 1`);
  assert.deepEqual(told, kept);
  for (const name of answered) assert.ok(kept.includes(name), name);
  assert.equal((await verifyAudit(store.db, '000000000000')).problem, null);

  async function names(query: ReturnType<typeof sql>): Promise<string[]> {
    return (await store.db.execute<{ name: string }>(query)).rows.map(({ name }) => name);
  }
});

async function create(url: string, key: Credentials, name: string): Promise<number> {
  const body = JSON.stringify({ Name: name });
  const headers = { host: new URL(url).host, 'x-amz-target': 'AmazonSSM.CreatePatchBaseline' };
  const outgoing = { method: 'POST', url: '/', headers, body };
  const signed = sign(outgoing, key, { service: 'ssm', region: 'eu-west-1', now: new Date() });
  return (await fetch(url, { method: 'POST', headers: signed, body })).status;
}
