import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import type { AuditEntry } from './entry.ts';
import { recordAudit } from './record.ts';
import { REDACTED, redact } from './redact.ts';
import { verifyAudit } from './verify.ts';

const AT = new Date('2026-11-22T12:00:00.123Z');

describe('the audit log', () => {
  let store: TestDatabase;
  let account = '';
  let accounts = 0;
  before(async () => {
    store = await testDatabase();
  });
  after(() => store.dispose());
  beforeEach(() => {
    accounts += 1;
    account = String(accounts).padStart(12, '0');
  });

  const entry = (operation: string, input: Record<string, unknown> = {}): AuditEntry => ({
    account,
    at: AT,
    principal: 'arn:aws:iam::000000000000:user/admin',
    sourceIp: '127.0.0.1',
    service: 'ssm',
    operation,
    requestId: '11111111-2222-4333-8444-555555555555',
    input,
    result: 'ok',
  });

  const fill = async (count: number) => {
    for (let index = 0; index < count; index += 1) await recordAudit(store.db, entry(`Call${index}`, { index }));
  };

  /** As someone with the rights of a superuser would: past the triggers that keep the table append-only. */
  const tamper = async (statement: ReturnType<typeof sql>) => {
    await store.db.transaction(async (tx) => {
      await tx.execute(sql`SET LOCAL session_replication_role = replica`);
      const { rowCount } = await tx.execute(statement);
      assert.ok((rowCount ?? 0) > 0);
    });
  };

  const problem = async () => (await verifyAudit(store.db, account)).problem;

  it('is whole when nobody touched it, and knows its end', async () => {
    assert.deepEqual(await verifyAudit(store.db, account), { entries: 0, problem: null, anchor: null });
    await fill(5);
    const { entries, problem: none, anchor } = await verifyAudit(store.db, account);
    assert.deepEqual([entries, none, anchor?.sequence], [5, null, 5]);
    await fill(2);
    assert.equal((await verifyAudit(store.db, account, anchor ?? undefined)).problem, null);
  });

  it('keeps a gapless order when calls come at the same time, also those that fail', async () => {
    const calls = Array.from({ length: 60 }, (_, index) =>
      store.db
        .transaction(async (tx) => {
          await recordAudit(tx, entry(`Call${index}`));
          if (index % 5 === 0) throw new Error('rolled back');
        })
        .catch((error: Error) => assert.equal(error.message, 'rolled back')),
    );
    await Promise.all(calls);
    assert.deepEqual(await verifyAudit(store.db, account).then(({ entries, problem }) => [entries, problem]), [
      48,
      null,
    ]);
  });

  it('survives the store with any input', async () => {
    const inputs = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        await recordAudit(store.db, entry('Call', redact(input)));
      }),
      { numRuns: 100 },
    );
    assert.equal(await problem(), null);
  });

  it('refuses changes, deletions and emptying by way of SQL', async () => {
    await fill(1);
    for (const statement of [
      sql`UPDATE audit_entry SET result = 'x'`,
      sql`DELETE FROM audit_entry`,
      sql`TRUNCATE audit_entry`,
    ]) {
      await assert.rejects(store.db.execute(statement), (error: Error) => /append-only/.test(String(error.cause)));
    }
  });

  it('shows a change of any column', async () => {
    const columns = ['principal', 'source_ip', 'service', 'operation', 'request_id', 'result'];
    await fill(3);
    for (const column of columns) {
      const name = sql.identifier(column);
      await tamper(sql`UPDATE audit_entry SET ${name} = ${name} || 'x' WHERE account = ${account} AND sequence = 2`);
      assert.deepEqual(await problem(), { sequence: 2, what: 'the entry was changed' }, column);
      await tamper(sql`UPDATE audit_entry SET ${name} = left(${name}, -1) WHERE account = ${account} AND sequence = 2`);
      assert.equal(await problem(), null);
    }
    await tamper(sql`UPDATE audit_entry SET input = '{"index": 7}' WHERE account = ${account} AND sequence = 2`);
    assert.deepEqual(await problem(), { sequence: 2, what: 'the entry was changed' });
    await tamper(sql`UPDATE audit_entry SET input = '{"index": 1}' WHERE account = ${account} AND sequence = 2`);
    await tamper(sql`UPDATE audit_entry SET at = at + interval '1 ms' WHERE account = ${account} AND sequence = 2`);
    assert.deepEqual(await problem(), { sequence: 2, what: 'the entry was changed' });
  });

  it('shows what was taken out, in the middle, at the beginning and at the end', async () => {
    await fill(4);
    const remove = (sequence: number) =>
      tamper(sql`DELETE FROM audit_entry WHERE account = ${account} AND sequence = ${sequence}`);
    await remove(4);
    assert.deepEqual(await problem(), { sequence: 4, what: 'the entries from here on were cut off' });
    await remove(2);
    assert.deepEqual(await problem(), { sequence: 2, what: 'the entry is missing' });
    await remove(1);
    assert.deepEqual(await problem(), { sequence: 1, what: 'the entry is missing' });
  });

  it('shows a cut whose end was mended too, to who kept an anchor', async () => {
    await fill(4);
    const { anchor } = await verifyAudit(store.db, account);
    assert.ok(anchor);
    await tamper(sql`DELETE FROM audit_entry WHERE account = ${account} AND sequence = 4`);
    await tamper(sql`
      UPDATE audit_head h SET sequence = 3, hash = e.hash, previous_hash = e.previous_hash
      FROM audit_entry e WHERE e.account = ${account} AND e.sequence = 3 AND h.account = e.account`);
    assert.equal(await problem(), null);
    assert.equal((await verifyAudit(store.db, account, anchor)).problem?.sequence, 4);
    await fill(1);
    assert.deepEqual((await verifyAudit(store.db, account, anchor)).problem, {
      sequence: 4,
      what: 'the chain is another one than the anchor is of',
    });
  });
});

describe('what the audit log keeps of an input', () => {
  it('has no secrets, at any depth', () => {
    const input = { Name: 'a', ActivationCode: 's3cret', Sources: [{ Name: 'b', Configuration: 's3cret' }] };
    assert.deepEqual(redact(input), {
      Name: 'a',
      ActivationCode: REDACTED,
      Sources: [{ Name: 'b', Configuration: REDACTED }],
    });
  });

  it('is small: long texts and large inputs are a length and a hash', () => {
    assert.match(String(redact({ Content: 'x'.repeat(2000) }).Content), /^\(2000 characters, SHA-256 [0-9a-f]{64}\)$/);
    const large = redact({ List: Array.from({ length: 10_000 }, (_, index) => `item ${index}`) });
    assert.deepEqual(Object.keys(large), ['omitted']);
  });

  it('is JSON that PostgreSQL can hold', () => {
    const kept = redact({ Date: AT, Blob: Buffer.from('abc'), Text: 'a\0\ud800', 'k\0': null });
    assert.deepEqual(kept, { Date: AT.toISOString(), Blob: '(3 bytes)', Text: 'a\ufffd\ufffd', 'k\ufffd': null });
  });
});
