import { findImage } from '../../../images/store/read.ts';
import type { FindStored } from './register.ts';

/** What a disk image of this server's store tells of itself. */
export function findStoredImage(images: string | null): FindStored {
  return async (family, digest) => {
    if (images === null) return null;
    // What is no name of a folder is none of the store either.
    const found = await findImage(images, `${family}@${digest}`).catch(() => null);
    return found === null ? null : { parent: `sha256:${found.base.digest}`, booted: found.boot !== null };
  };
}
