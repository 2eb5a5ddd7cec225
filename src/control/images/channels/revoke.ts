import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { revocationParameter } from '../../../core/images/names.ts';
import { imageRevocation } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { withDescendants } from './ancestry.ts';
import { endApprovalsOf } from './approval-end.ts';
import { digest, words } from './input.ts';
import { lockImages } from './lock.ts';
import { moveChannel, type Pointer, pointersOf, waysFrom } from './pointer.ts';
import { labelPrevious, type PublishNeeds, publishRevocation, withdrawGold } from './publish.ts';
import { familiesOf } from './registry.ts';
import { runningRollouts } from './running-rollouts.ts';

export const RevokeInput = z.object({ Digest: digest, Reason: words(1000).min(1, 'say why') });

/** What became of a channel whose image was revoked. */
interface Affected {
  readonly Family: string;
  readonly Channel: string;
  readonly Digest: string;
  /** Where it points now: a gold channel has gone back, others stay and answer that they are revoked. */
  readonly Now: string;
  /** What to go back to; null: nothing that it ever pointed to may be used. */
  readonly RollBackTo: string | null;
  /** Images that may be used, and that were rolled back from: nothing goes to them by itself. */
  readonly RolledBackFrom: readonly string[];
}

/**
 * Revokes an image for good, registered or not, and with it all that was made from it. A second time changes nothing
 * but mends what was not published.
 *
 * Gold is what others take without asking anybody, so it does not go on naming such an image: it goes back to the
 * newest image that it came from and may be used, never to one that somebody rolled back from. Not to nothing, where
 * that can be had: a group that is scaled out tonight starts from that parameter, and with an image that has run before
 * it starts. Where there is none, the parameter is deleted, since then no image is the truth. Candidate and staging are
 * taken by nobody: they stay, and whoever looks is told.
 */
export async function revokeImage(needs: PublishNeeds, call: Call, input: z.output<typeof RevokeInput>) {
  const { db, account, now, principal } = call;
  const { Digest, Reason } = input;
  await lockImages(call);
  await db
    .insert(imageRevocation)
    .values({ account, digest: Digest, reason: Reason, revokedAt: now, revokedBy: principal.arn })
    .onConflictDoNothing();
  const [row] = await db
    .select()
    .from(imageRevocation)
    .where(and(eq(imageRevocation.account, account), eq(imageRevocation.digest, Digest)));
  if (row === undefined) throw new Error('the store kept no revocation');
  const all = await withDescendants(db, account, Digest);
  const descendants = all.filter((one) => one !== Digest);
  const unpublished: string[] = [];
  for (const one of [Digest, ...descendants]) {
    const why = one === Digest ? row.reason : `made from ${Digest}: ${row.reason}`;
    if (!(await publishRevocation(needs, call, one, why))) unpublished.push(revocationParameter(one));
  }
  const channels: Affected[] = [];
  for (const pointer of await pointersOf(db, account)) {
    if (all.includes(pointer.digest)) channels.push(await leave(needs, call, pointer));
    else if (pointer.channel === 'gold') await labelPrevious(call, pointer.family);
  }
  await endApprovalsOf(call, all, `The image is revoked: ${row.reason}`);
  return {
    Digest,
    Reason: row.reason,
    RevokedAt: row.revokedAt,
    RevokedBy: row.revokedBy,
    Registered: (await familiesOf(db, account, [Digest])).length > 0,
    Descendants: descendants,
    Channels: channels,
    Rollouts: await runningRollouts(db, account, all),
    ...(unpublished.length === 0 ? {} : { Unpublished: unpublished }),
  };
}

async function leave(needs: PublishNeeds, call: Call, { family, channel, digest }: Pointer): Promise<Affected> {
  const place = { family, channel };
  const { back, rolledBackFrom } = await waysFrom(call.db, call.account, place);
  const told = { RollBackTo: back, RolledBackFrom: rolledBackFrom };
  const answer = { Family: family, Channel: channel, Digest: digest, Now: digest, ...told };
  if (channel !== 'gold') return answer;
  if (back === null) {
    await withdrawGold(call, family);
    return answer;
  }
  try {
    // As one: what cannot be published is not half published.
    await call.db.transaction((db) => moveChannel(needs, { ...call, db }, place, { digest: back, reason: 'revoked' }));
    return { ...answer, Now: back };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    await withdrawGold(call, family);
    return answer;
  }
}
