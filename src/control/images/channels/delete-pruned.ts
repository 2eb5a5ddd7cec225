import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { and, eq, isNotNull } from 'drizzle-orm';
import { FAMILY as FOLDER } from '../../../images/disk/recipe.ts';
import { familyFolder, imageFolder } from '../../../images/store/folders.ts';
import { listImages } from '../../../images/store/read.ts';
import type { Database } from '../../../store/database.ts';
import { image } from '../../../store/schema/images.ts';
import { lockImages } from './lock.ts';

const GOING = '.pruned-';

interface Ground {
  readonly db: Database;
  readonly account: string;
  /** Where this server's images lie. */
  readonly images: string;
}

/**
 * Deletes the files of images that were pruned: each is moved aside under the lock, if it is still marked and was baked
 * before, and then removed. One that was killed in between is taken up. Answers the folders that are gone.
 */
export async function deletePruned(ground: Ground): Promise<string[]> {
  const { db, account, images } = ground;
  const marked = await db
    .select({ family: image.family, digest: image.digest })
    .from(image)
    .where(and(eq(image.account, account), isNotNull(image.prunedAt)));
  const gone: string[] = [];
  for (const { family, digest } of marked) {
    const hex = digest.replace('sha256:', '');
    if (!FOLDER.test(family) || hex === digest || !existsSync(imageFolder(images, family, hex))) continue;
    if (await moveAside(ground, family, hex)) gone.push(imageFolder(images, family, hex));
  }
  for (const family of (await readdir(images).catch(() => [])).filter((name) => FOLDER.test(name))) {
    for (const name of await readdir(familyFolder(images, family)).catch(() => []))
      if (name.startsWith(GOING)) await rm(join(familyFolder(images, family), name), { recursive: true, force: true });
  }
  return gone;
}

async function moveAside({ db, account, images }: Ground, family: string, hex: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    await lockImages({ db: tx, account });
    const [row] = await tx
      .select({ prunedAt: image.prunedAt })
      .from(image)
      .where(and(eq(image.account, account), eq(image.family, family), eq(image.digest, `sha256:${hex}`)));
    if (row?.prunedAt == null) return false;
    const { found } = await listImages(images, family);
    const manifest = found.find((one) => one.digest === hex);
    // Baked anew since: the same bytes, and whoever baked them is about to register them.
    if (manifest === undefined || new Date(manifest.bakedAt) > row.prunedAt) return false;
    const folder = familyFolder(images, family);
    await rename(imageFolder(images, family, hex), join(folder, `${GOING}${hex}`));
    return true;
  });
}
