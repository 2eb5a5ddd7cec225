import { and, eq, gt, inArray, isNull } from 'drizzle-orm';
import { image, imageApproval, imageParent } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { pointersOf, wayBack } from './pointer.ts';
import { runningRollouts } from './running-rollouts.ts';

/** Why images may not be deleted, by digest, in words; those that nothing uses are not in it. */
export type Uses = ReadonlyMap<string, readonly string[]>;

/**
 * What uses images now: channels, what channels would go back to, approvals that wait, executions under way, and images
 * that were made from them and are still there. The caller holds the lock, so that nothing comes to use them meanwhile.
 */
export async function usesOf(call: Call, digests: readonly string[]): Promise<Uses> {
  const uses = new Map<string, string[]>();
  const add = (digest: string, why: string) => {
    if (digests.includes(digest)) uses.set(digest, [...(uses.get(digest) ?? []), why]);
  };
  const { db, account, now } = call;
  for (const pointer of await pointersOf(db, account)) {
    const name = `${pointer.channel} of ${pointer.family}`;
    add(pointer.digest, name);
    const back = await wayBack(db, account, pointer);
    if (back !== null) add(back, `what ${name} would go back to`);
  }
  if (digests.length === 0) return uses;
  const { family, digest, decision, expiresAt, id } = imageApproval;
  const waiting = await db
    .select({ digest, id, family })
    .from(imageApproval)
    .where(
      and(eq(imageApproval.account, account), inArray(digest, [...digests]), isNull(decision), gt(expiresAt, now)),
    );
  for (const one of waiting) add(one.digest, `the approval ${one.id} waits`);
  const children = await db
    .select({ parent: imageParent.parent, digest: image.digest, family: image.family })
    .from(imageParent)
    .innerJoin(image, and(eq(image.account, imageParent.account), eq(image.digest, imageParent.digest)))
    .where(and(eq(imageParent.account, account), inArray(imageParent.parent, [...digests]), isNull(image.prunedAt)));
  for (const one of children) add(one.parent, `${one.family}@${one.digest} was made from it`);
  for (const one of digests)
    for (const arn of await runningRollouts(db, account, [one])) add(one, `the execution ${arn} runs`);
  return uses;
}
