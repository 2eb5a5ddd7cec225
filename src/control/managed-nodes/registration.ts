import { randomBytes, timingSafeEqual } from 'node:crypto';
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { activation, node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { putTags } from '../tags/tags.ts';
import { hashOfCode } from './activations.ts';
import { checked, text } from './hidden-input.ts';
import { readPublicKey } from './public-keys.ts';

const REGISTRATION = z.object({
  ActivationCode: text(250),
  ActivationId: text(36),
  Fingerprint: text(128).min(1),
  PublicKey: text(4000),
  PublicKeyType: text(20),
});

/**
 * A new node. The caller is anonymous: the activation's code is its only proof, and the activation decides the account.
 * A node that asks again with the same key, because the first answer was lost, gets its first id and is not counted
 * twice. Errors: InvalidActivation (which does not tell an unknown id from a wrong code), ActivationExpired,
 * RegistrationLimitExceeded.
 */
export async function RegisterManagedInstance(call: Call, input: object): Promise<{ InstanceId: string }> {
  const asked = checked(REGISTRATION, input);
  const publicKey = readPublicKey(asked.PublicKey, asked.PublicKeyType);
  return call.db.transaction(async (tx) => {
    const found = await provenActivation(tx, asked.ActivationId, asked.ActivationCode);
    const before = await tx
      .select({ InstanceId: node.instanceId })
      .from(node)
      .where(
        and(
          eq(node.activationId, found.activationId),
          eq(node.publicKey, publicKey),
          eq(node.fingerprint, asked.Fingerprint),
        ),
      );
    if (before[0] !== undefined) return before[0];
    await countRegistration(tx, found, call.now);
    const InstanceId = `mi-${randomBytes(9).toString('hex').slice(0, 17)}`;
    await tx.insert(node).values({
      account: found.account,
      instanceId: InstanceId,
      activationId: found.activationId,
      name: found.defaultInstanceName,
      iamRole: found.iamRole,
      registeredAt: call.now,
      fingerprint: asked.Fingerprint,
      publicKey,
      scanOnly: found.scanOnly,
    });
    await putTags(tx, found.account, 'ManagedInstance', InstanceId, found.tags);
    return { InstanceId };
  });
}

type ActivationRow = typeof activation.$inferSelect;

async function provenActivation(tx: Database, id: string, code: string): Promise<ActivationRow> {
  // The lock makes nodes that register with one activation wait for each other.
  const rows = await tx.select().from(activation).where(eq(activation.activationId, id)).for('update');
  const found = rows[0];
  if (found === undefined || !timingSafeEqual(found.codeHash, hashOfCode(code)))
    throw new AwsError('InvalidActivation', 'The activation ID and code do not match an activation.');
  return found;
}

async function countRegistration(tx: Database, { activationId, expiresAt }: ActivationRow, now: Date): Promise<void> {
  if (expiresAt <= now) throw new AwsError('ActivationExpired', 'The activation has expired.');
  const counted = await tx
    .update(activation)
    .set({ registrationsCount: sql`${activation.registrationsCount} + 1` })
    .where(
      and(
        eq(activation.activationId, activationId),
        lt(activation.registrationsCount, activation.registrationLimit),
        gt(activation.expiresAt, now),
      ),
    )
    .returning({ id: activation.activationId });
  if (counted.length === 0)
    throw new AwsError('RegistrationLimitExceeded', 'The activation has registered as many nodes as it may.');
}
