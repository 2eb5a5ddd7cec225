import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { goldParameter } from '../../../core/images/names.ts';
import { image, imageParent } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { page } from '../../paging.ts';
import { type Revocation, revocationsOf } from './ancestry.ts';
import { channel, digest, family, paging } from './input.ts';
import { movesOf, type Pointer, pointersOf, wayBack } from './pointer.ts';
import type { ImageRow } from './registry.ts';

export const ImagesInput = z.object({ Family: family.optional(), ...paging });
export const ChannelsInput = z.object({ Family: family.optional() });
export const HistoryInput = z.object({ Family: family, Channel: channel });
export const CheckInput = z.object({ Family: family.optional(), Digest: digest });

/** Registered images, by family and digest, with what they were made from and whether they may be used. */
export async function describeImages(call: Call, { Family, ...request }: z.output<typeof ImagesInput>) {
  const { db, account } = call;
  const list = `images ${Family ?? ''}`;
  const keyOf = (row: ImageRow) => [row.family, row.digest];
  const { items, ...rest } = await page(call, request, { list, size: 200, keyOf }, (after, limit) =>
    db
      .select()
      .from(image)
      .where(
        and(
          eq(image.account, account),
          Family === undefined ? undefined : eq(image.family, Family),
          after === null
            ? undefined
            : sql`(${image.family}, ${image.digest}) > (${String(after[0])}, ${String(after[1])})`,
        ),
      )
      .orderBy(image.family, image.digest)
      .limit(limit),
  );
  const revoked = await revocationsOf(db, account, [...new Set(items.map((row) => row.digest))]);
  const pointers = await pointersOf(db, account, Family);
  const Images = await Promise.all(
    items.map(async (row) => ({
      Family: row.family,
      Digest: row.digest,
      Parents: await parentsOf(call, row.digest),
      RegisteredAt: row.registeredAt,
      RegisteredBy: row.registeredBy,
      PrunedAt: row.prunedAt,
      Channels: pointers
        .filter((one) => one.family === row.family && one.digest === row.digest)
        .map((one) => one.channel),
      ...revocationOutput(revoked.get(row.digest)),
    })),
  );
  return { Images, ...rest };
}

/** Where every channel points to. A revoked image is told as such, with the one to go back to. */
export async function describeChannels(call: Call, { Family }: z.output<typeof ChannelsInput>) {
  const { db, account } = call;
  const pointers = await pointersOf(db, account, Family);
  const revoked = await revocationsOf(db, account, [...new Set(pointers.map((one) => one.digest))]);
  return { Channels: await Promise.all(pointers.map((one) => channelOutput(call, one, revoked.get(one.digest)))) };
}

async function channelOutput({ db, account }: Call, pointer: Pointer, revocation: Revocation | undefined) {
  return {
    Family: pointer.family,
    Channel: pointer.channel,
    Digest: pointer.digest,
    Version: pointer.version,
    MovedAt: pointer.movedAt,
    MovedBy: pointer.movedBy,
    RollBackTo: await wayBack(db, account, pointer),
    // A revoked one is not published: its parameter is gone.
    Parameter: pointer.channel === 'gold' && revocation === undefined ? goldParameter(pointer.family) : null,
    ...revocationOutput(revocation),
  };
}

/** The moves of a channel, the newest first, a thousand at the most. */
export async function listHistory({ db, account }: Call, { Family, Channel }: z.output<typeof HistoryInput>) {
  const moves = await movesOf(db, account, { family: Family, channel: Channel });
  const revoked = await revocationsOf(db, account, [...new Set(moves.map((one) => one.digest))]);
  return {
    Moves: moves.map((move) => ({
      Version: move.version,
      Digest: move.digest,
      Previous: move.previous,
      Reason: move.reason.toUpperCase(),
      Note: move.note,
      MovedAt: move.movedAt,
      MovedBy: move.movedBy,
      ...revocationOutput(revoked.get(move.digest)),
    })),
  };
}

/** Whether an image may be used, registered or not: no ancestor of it that is known is revoked. */
export async function describeRevocation({ db, account }: Call, { Digest }: z.output<typeof CheckInput>) {
  const revoked = await revocationsOf(db, account, [Digest]);
  return { Digest, ...revocationOutput(revoked.get(Digest)) };
}

async function parentsOf({ db, account }: Call, of: string): Promise<string[]> {
  const rows = await db
    .select({ parent: imageParent.parent })
    .from(imageParent)
    .where(and(eq(imageParent.account, account), eq(imageParent.digest, of)))
    .orderBy(imageParent.parent);
  return rows.map(({ parent }) => parent);
}

function revocationOutput(revocation: Revocation | undefined) {
  if (revocation === undefined) return { Revoked: false, Revocation: null };
  const { digest: Digest, reason: Reason, revokedAt: RevokedAt, revokedBy: RevokedBy } = revocation;
  return { Revoked: true, Revocation: { Digest, Reason, RevokedAt, RevokedBy } };
}
