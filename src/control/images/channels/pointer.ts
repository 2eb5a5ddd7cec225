import { and, asc, desc, eq } from 'drizzle-orm';
import type { Channel } from '../../../core/images/names.ts';
import type { Database } from '../../../store/database.ts';
import { imageChannel, imageChannelMove } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { type PublishNeeds, publishGold } from './publish.ts';
import { usableAmong } from './registry.ts';
import { waysBack } from './ways-back.ts';

export type Pointer = typeof imageChannel.$inferSelect;
export type Move = typeof imageChannelMove.$inferSelect;

/** More moves back than this nobody returns. */
const MOST_MOVES = 1000;

export interface Place {
  readonly family: string;
  readonly channel: Channel;
}

/** null for a channel that never pointed to anything. */
export async function pointerOf(db: Database, account: string, { family, channel }: Place): Promise<Pointer | null> {
  const [row] = await db
    .select()
    .from(imageChannel)
    .where(and(eq(imageChannel.account, account), eq(imageChannel.family, family), eq(imageChannel.channel, channel)));
  return row ?? null;
}

/** The pointers of a family, or of all. */
export async function pointersOf(db: Database, account: string, family?: string): Promise<Pointer[]> {
  return db
    .select()
    .from(imageChannel)
    .where(and(eq(imageChannel.account, account), family === undefined ? undefined : eq(imageChannel.family, family)))
    .orderBy(asc(imageChannel.family), asc(imageChannel.channel));
}

/**
 * Moves a channel and tells it in the history; a family's gold image is published in the same transaction. The caller
 * holds the lock, and has asked whether the image may be used.
 */
export async function moveChannel(
  needs: PublishNeeds,
  call: Call,
  place: Place,
  to: Pick<Move, 'digest' | 'reason'> & { readonly clientToken?: string | undefined; readonly note?: string },
): Promise<Move> {
  const { db, account, now, principal } = call;
  const before = await pointerOf(db, account, place);
  const moved = {
    account,
    ...place,
    digest: to.digest,
    version: await nextVersion(db, account, place),
    movedAt: now,
    movedBy: principal.arn,
  };
  await db
    .insert(imageChannel)
    .values(moved)
    .onConflictDoUpdate({ target: [imageChannel.account, imageChannel.family, imageChannel.channel], set: moved });
  const [move] = await db
    .insert(imageChannelMove)
    .values({
      ...moved,
      previous: before?.digest ?? null,
      reason: to.reason,
      clientToken: to.clientToken ?? null,
      note: to.note ?? null,
    })
    .returning();
  if (move === undefined) throw new Error('the store kept no move');
  if (place.channel === 'gold') await publishGold(needs, call, move);
  return move;
}

/**
 * Takes an image out of a channel that is not gold: back to the one before that may be used and is none of `never`, or
 * to nothing, and the history says so by a move from the image to itself. The caller holds the lock.
 */
export async function leaveChannel(
  needs: PublishNeeds,
  call: Call,
  place: Place,
  { never, note }: { readonly never: ReadonlySet<string>; readonly note: string },
): Promise<Move> {
  const { db, account } = call;
  const pointer = await pointerOf(db, account, place);
  if (pointer === null) throw new Error('the channel points to nothing');
  const back = await wayBack(db, account, place, never);
  const move = await moveChannel(needs, call, place, { digest: back ?? pointer.digest, reason: 'rejected', note });
  if (back !== null) return move;
  const { account: owner, family, channel } = imageChannel;
  await db.delete(imageChannel).where(and(eq(owner, account), eq(family, place.family), eq(channel, place.channel)));
  return move;
}

/** A channel that was emptied goes on counting. */
async function nextVersion(db: Database, account: string, place: Place): Promise<number> {
  const [last] = await movesOf(db, account, place, 1);
  return (last?.version ?? 0) + 1;
}

/** The moves of a channel, the newest first. */
export async function movesOf(
  db: Database,
  account: string,
  { family, channel }: Place,
  most = MOST_MOVES,
): Promise<Move[]> {
  const { account: owner, family: name, channel: where, version } = imageChannelMove;
  return db
    .select()
    .from(imageChannelMove)
    .where(and(eq(owner, account), eq(name, family), eq(where, channel)))
    .orderBy(desc(version))
    .limit(most);
}

/**
 * The image to go back to where the present one cannot stay: the newest that the channel came from, that is neither
 * revoked nor pruned. null where there is none. One that was rolled back from is never it.
 */
export async function wayBack(
  db: Database,
  account: string,
  place: Place,
  never: ReadonlySet<string> = new Set(),
): Promise<string | null> {
  return (await waysFrom(db, account, place, never)).back;
}

/** The way back, and beside it the images that may be used and were rolled back from: for a person to choose. */
export async function waysFrom(
  db: Database,
  account: string,
  place: Place,
  never: ReadonlySet<string> = new Set(),
): Promise<{ readonly back: string | null; readonly rolledBackFrom: readonly string[] }> {
  const all = (await movesOf(db, account, place)).map(({ digest }) => digest);
  const earlier = [...new Set(all)].filter((digest) => digest !== all[0] && !never.has(digest));
  const usable = await usableAmong(db, account, place.family, earlier);
  const ways = waysBack(all);
  return {
    back: ways.find((digest) => usable.has(digest)) ?? null,
    rolledBackFrom: earlier.filter((digest) => usable.has(digest) && !ways.includes(digest)),
  };
}
