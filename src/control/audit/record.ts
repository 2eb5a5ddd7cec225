import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { COMMIT_WITHOUT_SYNC } from '../../store/durable.ts';
import { bodyHash, START } from './chain.ts';
import type { AuditEntry } from './entry.ts';

/**
 * Adds an entry to the end of its account's chain. In a change's own transaction both are kept or neither; call it last
 * there, since the end of the chain stays locked until the transaction does. One statement: the database itself links
 * the entry, so that concurrent calls leave no gap. The commit that follows does not wait for the disk: whoever answers
 * for it waits for `flushOf(db)`.
 */
export async function recordAudit(db: Database, entry: AuditEntry): Promise<void> {
  const body = bodyHash(entry);
  await db.execute(sql`
    WITH head AS (
      INSERT INTO audit_head AS h (account, sequence, previous_hash, hash)
      VALUES (${entry.account}, 1, ${START}, sha256(${START}::bytea || int8send(1) || ${body}::bytea))
      ON CONFLICT (account) DO UPDATE SET
        sequence = h.sequence + 1,
        previous_hash = h.hash,
        hash = sha256(h.hash || int8send(h.sequence + 1) || ${body}::bytea)
      RETURNING sequence, previous_hash, hash
    )
    INSERT INTO audit_entry
      (account, sequence, at, principal, source_ip, service, operation, request_id, input, result, previous_hash, hash)
    SELECT ${entry.account}, sequence, ${entry.at.toISOString()}::timestamptz, ${entry.principal}, ${entry.sourceIp},
      ${entry.service}, ${entry.operation}, ${entry.requestId}, ${JSON.stringify(entry.input)}::jsonb, ${entry.result},
      previous_hash, hash
    FROM head, (SELECT ${COMMIT_WITHOUT_SYNC}) AS quick`);
}
