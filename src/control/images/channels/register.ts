import { z } from 'zod';
import { isAmi } from '../../../core/images/names.ts';
import type { Call } from '../../call.ts';
import { revocationOf } from './ancestry.ts';
import type { FindStored } from './find-stored.ts';
import { clientToken, digest, family } from './input.ts';
import { lockImages } from './lock.ts';
import { moveChannel, pointerOf } from './pointer.ts';
import { earlierMove } from './promote.ts';
import { type PublishNeeds, publishRevocation } from './publish.ts';
import { imageNotFound, invalidInput } from './refusals.ts';
import { noteImage } from './registry.ts';

export interface RegisterNeeds extends PublishNeeds {
  readonly findStored: FindStored;
}

export const RegisterInput = z.object({
  Family: family,
  Digest: digest,
  /** What it was made from; null: from nothing that anybody could revoke. A disk image of this server tells by itself. */
  Parent: digest.nullable().optional(),
  ClientToken: clientToken.optional(),
});

/**
 * Makes an image known and points the family's channel `candidate` to it. One that was made from a revoked image is
 * noted as well, and is revoked: nothing points to it. Errors: ImageNotFound, ImageLineage, ValidationException where
 * its origin is not told: a revocation could not reach it.
 */
export async function registerImage(needs: RegisterNeeds, call: Call, input: z.output<typeof RegisterInput>) {
  const { Family, Digest, ClientToken } = input;
  const parent = await parentOf(needs, input);
  await lockImages(call);
  await noteImage(call, { family: Family, digest: Digest, parent });
  const answer = { Family, Digest, Parent: parent };
  const revocation = await revocationOf(call.db, call.account, Digest);
  if (revocation !== null) {
    await publishRevocation(needs, call, Digest, `made from ${revocation.digest}: ${revocation.reason}`);
    return { ...answer, Channel: null, Revoked: true, RevokedDigest: revocation.digest, Reason: revocation.reason };
  }
  const place = { family: Family, channel: 'candidate' } as const;
  const { move } = await earlierMove(call, place, Digest, ClientToken);
  if (move === null)
    await moveChannel(needs, call, place, { digest: Digest, reason: 'registered', clientToken: ClientToken });
  const gold = await pointerOf(call.db, call.account, { family: Family, channel: 'gold' });
  return { ...answer, Channel: 'candidate', Revoked: false, Gold: gold?.digest === Digest };
}

async function parentOf(
  { findStored }: RegisterNeeds,
  { Family, Digest, Parent }: z.output<typeof RegisterInput>,
): Promise<string | null> {
  const kept = isAmi(Digest) ? null : await findStored(Family, Digest);
  if (kept !== null && Parent !== undefined && Parent !== kept.parent)
    throw invalidInput('Parent', `the image itself says that it was made from ${kept.parent}`);
  if (kept !== null) return kept.parent;
  if (Parent !== undefined) return Parent;
  if (isAmi(Digest))
    throw invalidInput('Parent', 'say which image it was made from, or null where that is none that can be revoked');
  throw imageNotFound(
    `This server has no image ${Family}@${Digest}. With its Parent it can be registered all the same.`,
  );
}
