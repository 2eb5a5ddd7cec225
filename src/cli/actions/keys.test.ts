import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { sql } from 'drizzle-orm';
import { closedPort } from '../../../lab/port.ts';
import { verifyAudit } from '../../control/audit/verify.ts';
import { EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import { ACCOUNT, runServer } from '../../gateway/run-server.ts';

const KINTSUGI = new URL('../../../bin/kintsugi', import.meta.url).pathname;

test('keys are made, listed and revoked with an entry each; hostile arguments are refused or harmless', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'kt-keys-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const place = { home, databaseUrl: null, host: '127.0.0.1', port: await closedPort(), region: 'x', publicUrl: null };
  const server = await runServer({ ...place, knowledge: async () => EMPTY_KNOWLEDGE, onError: () => {} });
  t.after(server.close);
  const keys = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: home, KINTSUGI_HOME: home };
    const { status, stdout, stderr } = spawnSync(KINTSUGI, ['keys', ...args], { env, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const hostile = "'); DROP TABLE access_key; --\u001b[2J";
  const made = JSON.parse(keys('create', '--role', 'viewer', '--description', hostile, '--json').stdout);
  assert.match(made.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
  const listed = keys('list');
  assert.ok(listed.stdout.includes(made.accessKeyId) && !listed.stdout.includes('\u001b'));
  assert.ok(!listed.stdout.includes(made.secretAccessKey));
  const refused = [
    ['create', '--role', 'node'],
    ['create', '--role', 'viewer', '--description', 'x'.repeat(100_000)],
    ['revoke', ''],
    ['revoke', "' OR 1=1 --"],
  ];
  for (const args of refused) assert.equal(keys(...args).status, 2, args.join(' ').slice(0, 80));
  assert.equal(keys('revoke', made.accessKeyId).status, 0);
  assert.equal(keys('revoke', made.accessKeyId).status, 2, 'revoked once and for good');
  const { rows } = await server.store.db.execute<{ entry: string }>(
    sql`SELECT operation || ' ' || result AS entry FROM audit_entry WHERE service = 'kintsugi' ORDER BY sequence`,
  );
  const missing = 'RevokeAccessKey NoSuchEntity';
  const told = ['CreateAccessKey ok', missing, missing, 'RevokeAccessKey ok', missing];
  assert.deepEqual(
    rows.map(({ entry }) => entry),
    told,
  );
  const { rows: inputs } = await server.store.db.execute(sql`SELECT input::text FROM audit_entry`);
  assert.ok(!JSON.stringify(inputs).includes(made.secretAccessKey));
  assert.equal((await verifyAudit(server.store.db, ACCOUNT)).problem, null);
});
