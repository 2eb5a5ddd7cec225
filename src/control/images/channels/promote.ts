import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { goldParameter, isAmi } from '../../../core/images/names.ts';
import type { Call } from '../../call.ts';
import { revocationOf } from './ancestry.ts';
import type { FindStored } from './find-stored.ts';
import { clientToken, digest, family, words } from './input.ts';
import { lockImages } from './lock.ts';
import { type Move, moveChannel, movesOf, type Place, pointerOf } from './pointer.ts';
import type { PublishNeeds } from './publish.ts';
import { channelMoved, imageRevoked } from './refusals.ts';
import { requireImage } from './registry.ts';

export const PromoteInput = z.object({
  Family: family,
  Digest: digest,
  Channel: z.enum(['staging', 'gold']),
  /** What the channel must point to now; null: to nothing. Absent: whatever it is. */
  Expected: digest.nullable().optional(),
  ClientToken: clientToken.optional(),
  /** Why an image may be gold that nobody knows to start; the audit log keeps it. */
  AcceptUntested: words(1000)
    .refine((text) => text.trim() !== '', 'say why')
    .optional(),
});

export interface PromoteNeeds extends PublishNeeds {
  readonly findStored: FindStored;
}

/**
 * Points a channel to a registered image, by compare-and-swap with `Expected`; back to an earlier one as well. The
 * same request twice moves once. A disk becomes gold only when it has passed a boot test, or was gold before. Errors:
 * ImageNotFound, ImageRevoked, ImageUntested, ChannelMoved, those of publishing.
 */
export async function promoteImage(needs: PromoteNeeds, call: Call, input: z.output<typeof PromoteInput>) {
  const { Family, Digest, Channel, Expected, ClientToken } = input;
  const place = { family: Family, channel: Channel };
  await lockImages(call);
  await requireImage(call, Family, Digest);
  const revocation = await revocationOf(call.db, call.account, Digest);
  if (revocation !== null) throw imageRevoked(Digest, revocation);
  const { move, present } = await earlierMove(call, place, Digest, ClientToken);
  if (move !== null) return answerOf(move);
  if (Expected !== undefined && Expected !== present)
    throw channelMoved(
      `The channel ${Channel} of ${Family} points to ${present ?? 'nothing'}, not to ${Expected ?? 'nothing'}.`,
    );
  if (Channel === 'gold' && input.AcceptUntested === undefined) await requireBooted(needs, call, Family, Digest);
  return answerOf(
    await moveChannel(needs, call, place, { digest: Digest, reason: 'promoted', clientToken: ClientToken }),
  );
}

const WHY_UNTESTED = {
  absent: 'is not in the store of this server, so whether it starts is not known',
  none: 'has not passed a boot test: it was baked with --boot none',
  unproved: "has no manifest that this server's key signed, so nothing proves its boot test: bake it anew",
} as const;

/** An AMI was booted by whoever made it; what is no image of this server's store nobody knows anything of. */
async function requireBooted({ findStored }: PromoteNeeds, call: Call, family: string, digest: string): Promise<void> {
  if (isAmi(digest)) return;
  const stored = await findStored(family, digest);
  if (stored?.boot === 'passed') return;
  const moves = await movesOf(call.db, call.account, { family, channel: 'gold' });
  if (moves.some((move) => move.digest === digest)) return;
  const why = WHY_UNTESTED[stored?.boot ?? 'absent'];
  throw new AwsError('ImageUntested', `The image ${digest} of ${family} ${why}.`);
}

/**
 * The move that this request made already, or the last one where the channel points to the image as it is; null where
 * one is to be made. A request that was overtaken by others is not made a second time over theirs.
 */
export async function earlierMove(
  { db, account }: Call,
  place: Place,
  digest: string,
  token: string | undefined,
): Promise<{ readonly move: Move | null; readonly present: string | null }> {
  const present = (await pointerOf(db, account, place))?.digest ?? null;
  const moves = await movesOf(db, account, place);
  const own = token === undefined ? undefined : moves.find(({ clientToken }) => clientToken === token);
  if (own !== undefined && own.digest !== digest)
    throw channelMoved(`The request ${token} was made before, for the image ${own.digest}.`);
  const last = present === digest ? moves[0] : undefined;
  return { move: own ?? last ?? null, present };
}

function answerOf({ family, channel, digest, version, previous }: Move) {
  return {
    Family: family,
    Digest: digest,
    Channel: channel,
    Version: version,
    Previous: previous,
    ...(channel === 'gold' ? { Parameter: goldParameter(family) } : {}),
  };
}
