import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { Database } from '../../../store/database.ts';
import { image, imageParent } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { revocationsOf, withDescendants } from './ancestry.ts';
import { imageNotFound } from './refusals.ts';

export type ImageRow = typeof image.$inferSelect;

const MOST_PARENTS = 20;

/** A registered image that may be pointed to. Throws ImageNotFound. */
export async function requireImage(call: Call, family: string, digest: string): Promise<ImageRow> {
  const { db, account } = call;
  const [row] = await db
    .select()
    .from(image)
    .where(and(eq(image.account, account), eq(image.family, family), eq(image.digest, digest)));
  if (row === undefined) throw imageNotFound(`The family ${family} has no registered image ${digest}.`);
  if (row.prunedAt !== null)
    throw imageNotFound(`The image ${digest} of ${family} was pruned at ${row.prunedAt.toISOString()}.`);
  return row;
}

/** Those of a family's images that a channel may point to: registered, neither pruned nor revoked. */
export async function usableAmong(
  db: Database,
  account: string,
  family: string,
  digests: readonly string[],
): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows = await db
    .select({ digest: image.digest })
    .from(image)
    .where(
      and(
        eq(image.account, account),
        eq(image.family, family),
        inArray(image.digest, [...digests]),
        isNull(image.prunedAt),
      ),
    );
  const there = rows.map(({ digest }) => digest);
  const revoked = await revocationsOf(db, account, there);
  return new Set(there.filter((digest) => !revoked.has(digest)));
}

/** Every family that an image is registered in. */
export async function familiesOf(db: Database, account: string, digests: readonly string[]): Promise<ImageRow[]> {
  if (digests.length === 0) return [];
  return db
    .select()
    .from(image)
    .where(and(eq(image.account, account), inArray(image.digest, [...digests])))
    .orderBy(image.family, image.digest);
}

/**
 * Notes an image, and what it was made from. One that is known stays as it is; one that was pruned and is there again
 * may be used again. Throws ImageLineage for an image that would be its own ancestor: then one of the two is told wrongly.
 */
export async function noteImage(
  call: Call,
  { family, digest, parent }: { readonly family: string; readonly digest: string; readonly parent: string | null },
): Promise<void> {
  const { db, account, now, principal } = call;
  if (parent !== null) await noteParent(db, account, digest, parent);
  await db
    .insert(image)
    .values({ account, family, digest, registeredAt: now, registeredBy: principal.arn })
    .onConflictDoUpdate({
      target: [image.account, image.family, image.digest],
      set: { prunedAt: null, registeredAt: now, registeredBy: principal.arn },
      setWhere: isNotNull(image.prunedAt),
    });
}

async function noteParent(db: Database, account: string, digest: string, parent: string): Promise<void> {
  const made = await withDescendants(db, account, digest);
  if (made.includes(parent))
    throw new AwsError('ImageLineage', `${digest} cannot be made from ${parent}, which is made from it.`);
  const known = await db
    .select({ parent: imageParent.parent })
    .from(imageParent)
    .where(and(eq(imageParent.account, account), eq(imageParent.digest, digest)));
  if (known.some((row) => row.parent === parent)) return;
  if (known.length >= MOST_PARENTS)
    throw new AwsError('ImageLineage', `${digest} has ${MOST_PARENTS} images already that it is said to be made from.`);
  await db.insert(imageParent).values({ account, digest, parent });
}
