import { findImage } from '../../../images/store/read.ts';

/** Looks into the store of disk images of this server; null where it has no such image. */
export type FindStored = (family: string, digest: string) => Promise<StoredImage | null>;

export interface StoredImage {
  /** What it was built on, an image or not. */
  readonly parent: string;
  /** It has passed a boot test. */
  readonly booted: boolean;
}

/** What a disk image of this server's store tells of itself. */
export function findStoredImage(images: string | null): FindStored {
  return async (family, digest) => {
    if (images === null) return null;
    // What is no name of a folder is none of the store either.
    const found = await findImage(images, `${family}@${digest}`).catch(() => null);
    return found === null ? null : { parent: `sha256:${found.base.digest}`, booted: found.boot !== null };
  };
}
