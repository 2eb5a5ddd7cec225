import { findImage } from '../../../images/store/read.ts';
import type { FindParent } from './register.ts';

/** The parent that a disk image of this server's store tells: the base that it was built on, an image or not. */
export function findStoredParent(images: string | null): FindParent {
  return async (family, digest) => {
    if (images === null) return null;
    // What is no name of a folder is none of the store either.
    const found = await findImage(images, `${family}@${digest}`).catch(() => null);
    return found === null ? null : { parent: `sha256:${found.base.digest}` };
  };
}
