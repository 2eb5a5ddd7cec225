import { createHash } from 'node:crypto';
import type { AuditEntry } from './entry.ts';

/** What the first entry of a chain is linked to. */
export const START = Buffer.alloc(32);

/** SHA-256 of an entry without its place in the chain, over JSON with sorted members: jsonb keeps no order. */
export function bodyHash(entry: AuditEntry): Buffer {
  const { account, at, principal, sourceIp, service, operation, requestId, input, result } = entry;
  const body = { account, at: at.toISOString(), principal, sourceIp, service, operation, requestId, input, result };
  return createHash('sha256').update(canonicalJson(body)).digest();
}

/** SHA-256 over the previous hash, the sequence as 8 bytes, and the entry's own hash. */
export function linkHash(previous: Buffer, sequence: bigint, body: Buffer): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(sequence);
  return createHash('sha256').update(previous).update(place).update(body).digest();
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
