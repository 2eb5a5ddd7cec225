import { createPublicKey } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { node } from '../../store/schema/nodes.ts';

/**
 * The key that a node's RSA signatures are verified with, as DER SubjectPublicKeyInfo, and the account that the node
 * belongs to; null for a node that is not registered.
 */
export async function nodePublicKey(
  db: Database,
  instanceId: string,
): Promise<{ readonly account: string; readonly publicKey: Buffer } | null> {
  const rows = await db
    .select({ account: node.account, publicKey: node.publicKey })
    .from(node)
    .where(eq(node.instanceId, instanceId));
  return rows[0] ?? null;
}

/** Reads base64 of a DER SubjectPublicKeyInfo with an RSA key of 2048 to 8192 bits; throws ValidationException. */
export function readPublicKey(text: string, type: string): Buffer {
  const refused = new AwsError('ValidationException', 'The public key must be an RSA key of 2048 bits at least.');
  if (type !== 'Rsa' || !/^[A-Za-z0-9+/]{300,3000}={0,2}$/.test(text)) throw refused;
  const key = Buffer.from(text, 'base64');
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key, format: 'der', type: 'spki' });
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    if (asymmetricKeyType === 'rsa' && bits >= 2048 && bits <= 8192) return key;
  } catch {
    // Not a key at all.
  }
  throw refused;
}
