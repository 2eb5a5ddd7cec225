import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { familyFolder, imageFolder } from './folders.ts';

/** How the name begins that an image has while another of the same digest takes its place. */
export const REPLACED = '.replaced-';

/**
 * Puts a whole image, a folder on the same disk, into the store. It is there whole or not at all: its files reach the
 * disk before its name does. One with the same digest, the same bytes with other evidence, is replaced.
 */
export async function putImage(images: string, family: string, digest: string, whole: string): Promise<string> {
  const folder = familyFolder(images, family);
  const target = imageFolder(images, family, digest);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(whole)) await syncPath(join(whole, name));
  await syncPath(whole);
  const replaced = join(folder, `${REPLACED}${digest}`);
  await rm(replaced, { recursive: true, force: true });
  if (existsSync(target)) await rename(target, replaced);
  await rename(whole, target);
  await syncPath(folder);
  await rm(replaced, { recursive: true, force: true });
  return target;
}

/** Ends what a killed `putImage` began: an image that was moved aside comes back where no other took its place. */
export async function mendStore(images: string, family: string): Promise<void> {
  const folder = familyFolder(images, family);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(REPLACED)) continue;
    const target = join(folder, name.slice(REPLACED.length));
    if (existsSync(target)) await rm(join(folder, name), { recursive: true, force: true });
    else await rename(join(folder, name), target);
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
