import { z } from 'zod';
import { isFamily } from '../../../core/images/names.ts';
import { FAMILY as FOLDER } from '../../../images/disk/recipe.ts';
import type { ImageManifest } from '../../../images/store/manifest.ts';
import { listImages } from '../../../images/store/read.ts';
import { image } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { revocationsOf } from './ancestry.ts';
import { usesOf } from './in-use.ts';
import { family } from './input.ts';
import { lockImages } from './lock.ts';

export const PruneInput = z.object({
  Family: family.optional(),
  /** So many of a family, the newest that are not revoked, are kept whatever else. */
  Keep: z.int().min(1).max(1000).default(3),
  DryRun: z.boolean().default(true),
});

export interface PruneNeeds {
  /** Where this server's images lie; null: it keeps none. */
  readonly images: string | null;
}

/**
 * Chooses which disk images of this server may go, and unless it is a dry run marks them: from that moment nothing may
 * point to them, and the server deletes their files afterwards (`delete-pruned.ts`), also when it dies in between. What
 * anything uses is kept, with the reason. AMIs are deregistered where they are, in EC2.
 */
export async function pruneImages(
  { images }: PruneNeeds,
  call: Call,
  { Family, Keep, DryRun }: z.output<typeof PruneInput>,
) {
  await lockImages(call);
  const found = await storedImages(images, Family);
  const digests = [...new Set(found.map(nameOf))];
  const uses = await usesOf(call, digests);
  const revoked = await revocationsOf(call.db, call.account, digests);
  const made = new Map<string, string[]>();
  for (const one of found) {
    const base = `sha256:${one.base.digest}`;
    made.set(base, [...(made.get(base) ?? []), `${one.family}@${nameOf(one)} was made from it`]);
  }
  const newest = newestOf(
    found.filter((one) => !revoked.has(nameOf(one))),
    Keep,
  );
  const Kept: { Family: string; Digest: string; Reasons: string[] }[] = [];
  const Pruned: { Family: string; Digest: string; Bytes: number; BakedAt: string }[] = [];
  for (const one of found) {
    const digest = nameOf(one);
    const reasons = [
      ...(newest.has(one) ? [`one of the newest ${Keep}`] : []),
      ...new Set([...(uses.get(digest) ?? []), ...(made.get(digest) ?? [])]),
    ];
    if (reasons.length > 0) Kept.push({ Family: one.family, Digest: digest, Reasons: reasons });
    else Pruned.push({ Family: one.family, Digest: digest, Bytes: bytesOf(one), BakedAt: one.bakedAt });
  }
  if (!DryRun) for (const one of Pruned) await mark(call, one.Family, one.Digest);
  return { DryRun, Keep, Pruned, Kept };
}

function nameOf({ digest }: ImageManifest): string {
  return `sha256:${digest}`;
}

async function storedImages(images: string | null, name: string | undefined): Promise<readonly ImageManifest[]> {
  if (images === null || (name !== undefined && !FOLDER.test(name))) return [];
  const { found } = await listImages(images, name);
  return found.filter((one) => isFamily(one.family));
}

/** They come newest first. */
function newestOf(found: readonly ImageManifest[], keep: number): Set<ImageManifest> {
  const counts = new Map<string, number>();
  return new Set(
    found.filter((one) => {
      const count = (counts.get(one.family) ?? 0) + 1;
      counts.set(one.family, count);
      return count <= keep;
    }),
  );
}

function bytesOf({ files }: ImageManifest): number {
  return Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** One that was never registered is noted as well, so that nothing registers it while its files go. */
async function mark(call: Call, name: string, digest: string): Promise<void> {
  const { db, account, now, principal } = call;
  await db
    .insert(image)
    .values({ account, family: name, digest, registeredAt: now, registeredBy: principal.arn, prunedAt: now })
    .onConflictDoUpdate({ target: [image.account, image.family, image.digest], set: { prunedAt: now } });
}
