import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import { DIGEST, FAMILY } from '../disk/recipe.ts';
import { familyFolder, imageFolder, lockFile } from './folders.ts';
import { withImageLock } from './lock.ts';
import { type ImageManifest, imageManifest } from './manifest.ts';
import { mendStore, REPLACED } from './put.ts';

const LEAST_PREFIX = 4;

/** All images of a family, or of all, the newest first. One whose manifest cannot be read is left out and told. */
export async function listImages(
  images: string,
  family?: string,
): Promise<{ readonly found: readonly ImageManifest[]; readonly damaged: readonly string[] }> {
  const families = family === undefined ? (await names(images)).filter((name) => FAMILY.test(name)) : [family];
  const found: ImageManifest[] = [];
  const damaged: string[] = [];
  for (const one of families) {
    for (const digest of (await mendedNames(images, one)).filter((name) => DIGEST.test(name))) {
      const manifest = await readManifest(images, one, digest);
      if (manifest === null) damaged.push(imageFolder(images, one, digest));
      else found.push(manifest);
    }
  }
  found.sort((a, b) => (a.bakedAt < b.bakedAt ? 1 : a.bakedAt > b.bakedAt ? -1 : 0));
  return { found, damaged };
}

/**
 * The image that `FAMILY` (its newest) or `FAMILY@DIGEST` names; the beginning of a digest is enough where it is one
 * image's alone. Throws ImageNotFound, Usage.
 */
export async function findImage(images: string, reference: string): Promise<ImageManifest> {
  const [family = '', digest] =
    reference.split('@sha256:').length === 2 ? reference.split('@sha256:') : reference.split('@');
  const { found } = await listImages(images, family);
  if (digest === undefined) {
    if (found[0] !== undefined) return found[0];
    throw new KintsugiError('ImageNotFound', `There is no image of a family ${JSON.stringify(family)}.`);
  }
  if (!/^[0-9a-f]{1,64}$/.test(digest) || digest.length < LEAST_PREFIX) {
    throw new KintsugiError(
      'Usage',
      `${JSON.stringify(digest.slice(0, 80))} is no digest, nor the first ${LEAST_PREFIX} digits of one.`,
    );
  }
  const matching = found.filter((one) => one.digest.startsWith(digest));
  if (matching.length === 1 && matching[0] !== undefined) return matching[0];
  const why = matching.length === 0 ? 'There is no image' : `${matching.length} images begin so:`;
  throw new KintsugiError('ImageNotFound', `${why} ${family}@${digest}.`);
}

async function readManifest(images: string, family: string, digest: string): Promise<ImageManifest | null> {
  try {
    const text = await readFile(join(imageFolder(images, family, digest), 'manifest.json'), 'utf8');
    const manifest = imageManifest.parse(JSON.parse(text));
    return manifest.family === family && manifest.digest === digest ? manifest : null;
  } catch {
    return null;
  }
}

/**
 * The names in a family's folder. What a killed `putImage` moved aside is put back first: whoever looks must not miss
 * it until the next bake. Under the family's lock, so that one that is being put is left alone.
 */
async function mendedNames(images: string, family: string): Promise<string[]> {
  const folder = familyFolder(images, family);
  const found = await names(folder);
  if (!found.some((name) => name.startsWith(REPLACED))) return found;
  // Whoever may only read cannot mend.
  await withImageLock(lockFile(images, family), () => mendStore(images, family)).catch(() => null);
  return names(folder);
}

async function names(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
