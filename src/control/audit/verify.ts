import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { bodyHash, linkHash, START } from './chain.ts';
import type { AuditEntry } from './entry.ts';

/** The end of a chain at some time, kept elsewhere: whoever can write the whole database can also write a new chain. */
export interface Anchor {
  readonly sequence: number;
  /** Hexadecimal. */
  readonly hash: string;
}

export interface AuditReport {
  /** Entries that were read. */
  readonly entries: number;
  /** The first thing that is wrong, or null. */
  readonly problem: { readonly sequence: number; readonly what: string } | null;
  /** The end as the chain proves it, to be kept elsewhere; null while the chain is empty or broken. */
  readonly anchor: Anchor | null;
}

interface ChainRow extends Record<string, unknown> {
  readonly sequence: string;
  readonly at: string;
  readonly principal: string;
  readonly source_ip: string;
  readonly service: string;
  readonly operation: string;
  readonly request_id: string;
  readonly input: Record<string, unknown>;
  readonly result: string;
  readonly previous_hash: Buffer;
  readonly hash: Buffer;
}

interface Walk {
  sequence: bigint;
  hash: Buffer;
}

const BATCH = 1000;

/** Reads an account's whole chain and finds any entry that was changed, taken out, put in, or cut off at the end. */
export async function verifyAudit(db: Database, account: string, anchor?: Anchor): Promise<AuditReport> {
  return db.transaction(
    async (tx) => {
      const walk: Walk = { sequence: 0n, hash: START };
      let problem = null;
      for (let rows = await batch(tx, account, 0n); rows.length > 0; rows = await batch(tx, account, walk.sequence)) {
        problem = rows.map((row) => stepOver(walk, account, row, anchor)).find((what) => what !== null) ?? null;
        if (problem !== null) break;
      }
      problem ??= await problemAtEnd(tx, account, walk, anchor);
      const end = { sequence: Number(walk.sequence), hash: walk.hash.toString('hex') };
      return { entries: end.sequence, problem, anchor: problem === null && end.sequence > 0 ? end : null };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}

async function batch(db: Database, account: string, after: bigint): Promise<readonly ChainRow[]> {
  const { rows } = await db.execute<ChainRow>(sql`
    SELECT sequence, at, principal, source_ip, service, operation, request_id, input, result, previous_hash, hash
    FROM audit_entry WHERE account = ${account} AND sequence > ${after} ORDER BY sequence LIMIT ${BATCH}`);
  return rows;
}

/** Goes on to `row` and says what is wrong with it. */
function stepOver(walk: Walk, account: string, row: ChainRow, anchor: Anchor | undefined): AuditReport['problem'] {
  const expected = walk.sequence + 1n;
  const sequence = BigInt(row.sequence);
  const hash = linkHash(walk.hash, expected, bodyHash(entryOf(account, row)));
  const isAsIs = hash.equals(row.hash);
  const isLinked = walk.hash.equals(row.previous_hash);
  walk.sequence = sequence;
  walk.hash = row.hash;
  const at = Number(expected);
  if (sequence !== expected) return { sequence: at, what: 'the entry is missing' };
  if (!isLinked) return { sequence: at, what: 'the entry does not follow the one before it' };
  if (!isAsIs) return { sequence: at, what: 'the entry was changed' };
  if (anchor?.sequence === at && anchor.hash !== hash.toString('hex')) {
    return { sequence: at, what: 'the chain is another one than the anchor is of' };
  }
  return null;
}

async function problemAtEnd(
  db: Database,
  account: string,
  walk: Walk,
  anchor: Anchor | undefined,
): Promise<AuditReport['problem']> {
  const { rows } = await db.execute<{ sequence: string; hash: Buffer }>(
    sql`SELECT sequence, hash FROM audit_head WHERE account = ${account}`,
  );
  const head = { sequence: BigInt(rows[0]?.sequence ?? 0), hash: rows[0]?.hash ?? START };
  const next = Number(walk.sequence) + 1;
  if (head.sequence > walk.sequence || (anchor !== undefined && anchor.sequence >= next)) {
    return { sequence: next, what: 'the entries from here on were cut off' };
  }
  const isEnd = head.sequence === walk.sequence && head.hash.equals(walk.hash);
  return isEnd ? null : { sequence: Number(walk.sequence), what: 'the end of the chain is not the recorded one' };
}

function entryOf(account: string, row: ChainRow): AuditEntry {
  return {
    account,
    at: new Date(row.at),
    principal: row.principal,
    sourceIp: row.source_ip,
    service: row.service,
    operation: row.operation,
    requestId: row.request_id,
    input: row.input,
    result: row.result,
  };
}
