import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import { DIGEST, FAMILY } from '../disk/recipe.ts';

/** Where images lie: `KINTSUGI_HOME/images`. */
export function imagesFolder(home: string): string {
  return join(home, 'images');
}

/** The folder of a family. Throws Usage for a name that is none, such as one that leads elsewhere. */
export function familyFolder(images: string, family: string): string {
  if (!FAMILY.test(family)) {
    throw new KintsugiError(
      'Usage',
      `${JSON.stringify(family.slice(0, 80))} is no name of a family: lower-case letters, digits and dashes.`,
    );
  }
  return join(images, family);
}

export function imageFolder(images: string, family: string, digest: string): string {
  if (!DIGEST.test(digest))
    throw new KintsugiError('Usage', `${JSON.stringify(digest.slice(0, 80))} is no SHA-256 digest.`);
  return join(familyFolder(images, family), digest);
}

/** Bases, shared by all families. No family can have this name. */
export function basesFolder(images: string): string {
  return join(images, '.bases');
}

/** Where a bake of the family works. */
export function workFolder(images: string, family: string): string {
  return join(images, '.work', family);
}

/** Where an execution of a state machine bakes: a folder of its own beside that of a local bake, whose name no family has. */
export function executionFolder(images: string, family: string, id: string): string {
  return `${workFolder(images, family)}.${id}`;
}

/** Whoever works on an image of the family holds this file's lock meanwhile. */
export function lockFile(images: string, family: string): string {
  return join(images, '.work', `${family}.lock`);
}
