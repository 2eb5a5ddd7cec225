import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import type { Sealer } from '../../store/sealer.ts';
import type { Role } from '../call.ts';

/** A key as a signature is checked with: in clear, so never logged and never kept longer than the call. */
export interface FoundKey {
  readonly accessKeyId: string;
  readonly account: string;
  readonly role: Role;
  readonly secret: string;
  readonly instanceId: string | null;
  /** SHA-256 of the session token that has to come with the key; null for a key that lasts. */
  readonly sessionTokenHash: Buffer | null;
  readonly expiresAt: Date | null;
}

export interface ListedKey {
  readonly accessKeyId: string;
  readonly role: Role;
  readonly description: string;
  readonly instanceId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewKey {
  readonly accessKeyId: string;
  /** Shown this once: the store has it encrypted only. */
  readonly secretAccessKey: string;
}

export interface NodeCredentials extends NewKey {
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

/** A key for a person or a program, valid until it is revoked. */
export async function createAccessKey(
  db: Database,
  sealer: Sealer,
  key: { account: string; role: Exclude<Role, 'node'>; description?: string; now: Date },
): Promise<NewKey> {
  const { accessKeyId, secretAccessKey } = freshKey('AKIA');
  const secret = sealed(sealer, accessKeyId, secretAccessKey);
  await db.execute(sql`
    INSERT INTO access_key (access_key_id, account, role, secret, description, created_at)
    VALUES (${accessKeyId}, ${key.account}, ${key.role}, ${secret}, ${key.description ?? ''}, ${stamp(key.now)})`);
  return { accessKeyId, secretAccessKey };
}

/** Temporary credentials with which a node may act for itself alone, for `seconds` from now. */
export async function createNodeCredentials(
  db: Database,
  sealer: Sealer,
  node: { account: string; instanceId: string; now: Date; seconds: number },
): Promise<NodeCredentials> {
  const { accessKeyId, secretAccessKey } = freshKey('ASIA');
  const sessionToken = randomBytes(96).toString('base64');
  const expiresAt = new Date(node.now.getTime() + node.seconds * 1000);
  await db.execute(sql`
    INSERT INTO access_key
      (access_key_id, account, role, secret, instance_id, session_token_hash, expires_at, created_at)
    VALUES (${accessKeyId}, ${node.account}, 'node', ${sealed(sealer, accessKeyId, secretAccessKey)}, ${node.instanceId},
      ${hashOfToken(sessionToken)}, ${stamp(expiresAt)}, ${stamp(node.now)})`);
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
}

/** A key that is neither revoked nor unknown; an expired one is found, so that its bearer learns that it expired. */
export async function findAccessKey(db: Database, sealer: Sealer, accessKeyId: string): Promise<FoundKey | null> {
  const { rows } = await db.execute<{
    account: string;
    role: Role;
    secret: Buffer;
    instance_id: string | null;
    session_token_hash: Buffer | null;
    expires_at: string | null;
  }>(sql`
    SELECT account, role, secret, instance_id, session_token_hash, expires_at
    FROM access_key WHERE access_key_id = ${accessKeyId} AND revoked_at IS NULL`);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    accessKeyId,
    account: row.account,
    role: row.role,
    secret: sealer.open(row.secret, contextOf(accessKeyId)).toString(),
    instanceId: row.instance_id,
    sessionTokenHash: row.session_token_hash,
    expiresAt: date(row.expires_at),
  };
}

/** The keys of people and programs, oldest first; nodes' temporary credentials are not among them. */
export async function listAccessKeys(db: Database, account: string): Promise<ListedKey[]> {
  const { rows } = await db.execute<{
    access_key_id: string;
    role: Role;
    description: string;
    instance_id: string | null;
    created_at: string;
    expires_at: string | null;
    revoked_at: string | null;
  }>(sql`
    SELECT access_key_id, role, description, instance_id, created_at, expires_at, revoked_at
    FROM access_key WHERE account = ${account} AND role <> 'node' ORDER BY created_at, access_key_id`);
  return rows.map((row) => ({
    accessKeyId: row.access_key_id,
    role: row.role,
    description: row.description,
    instanceId: row.instance_id,
    createdAt: new Date(row.created_at),
    expiresAt: date(row.expires_at),
    revokedAt: date(row.revoked_at),
  }));
}

/** Ends a key at once and for good; false where the account has no such key, or it is revoked already. */
export async function revokeAccessKey(db: Database, account: string, accessKeyId: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.execute(sql`
    UPDATE access_key SET revoked_at = ${stamp(now)}
    WHERE account = ${account} AND access_key_id = ${accessKeyId} AND revoked_at IS NULL`);
  return rowCount === 1;
}

/** Ends every credential of a node: it was deregistered, or its key has changed hands. */
export async function revokeNodeCredentials(db: Database, account: string, instanceId: string): Promise<void> {
  await db.execute(sql`DELETE FROM access_key WHERE account = ${account} AND instance_id = ${instanceId}`);
}

/** Drops credentials that expired more than a day before `now`: until then their bearers are told why. */
export async function dropExpiredCredentials(db: Database, now: Date): Promise<number> {
  const { rowCount } = await db.execute(
    sql`DELETE FROM access_key WHERE expires_at < ${stamp(now)}::timestamptz - interval '1 day'`,
  );
  return rowCount ?? 0;
}

export function hashOfToken(sessionToken: string): Buffer {
  return createHash('sha256').update(sessionToken).digest();
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** In the form of AWS's own keys, which clients check: 20 letters and digits, and 40 characters of base64. */
function freshKey(prefix: 'AKIA' | 'ASIA'): NewKey {
  const letters = Array.from(randomBytes(16), (byte) => LETTERS[byte % LETTERS.length]);
  return { accessKeyId: prefix + letters.join(''), secretAccessKey: randomBytes(30).toString('base64') };
}

function sealed(sealer: Sealer, accessKeyId: string, secret: string): Buffer {
  return sealer.seal(Buffer.from(secret), contextOf(accessKeyId));
}

/** A secret opens for its own key alone: rows cannot be exchanged. */
function contextOf(accessKeyId: string): string {
  return `access-key ${accessKeyId}`;
}

function stamp(time: Date): string {
  return time.toISOString();
}

function date(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
