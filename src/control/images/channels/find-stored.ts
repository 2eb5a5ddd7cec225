import { dirname } from 'node:path';
import { knownKeys } from '../../../images/evidence/signing-key.ts';
import { findImage } from '../../../images/store/read.ts';
import { standingOf } from '../../../images/store/signed-manifest.ts';

/** Looks into the store of disk images of this server; null where it has no such image. */
export type FindStored = (family: string, digest: string) => Promise<StoredImage | null>;

export interface StoredImage {
  /** What it was built on, an image or not. */
  readonly parent: string;
  /** Whether it has passed a boot test; `unproved` where this server's key does not sign for what it tells of itself. */
  readonly boot: 'passed' | 'none' | 'unproved';
}

/** What a disk image of this server's store tells of itself. */
export function findStoredImage(images: string | null): FindStored {
  return async (family, digest) => {
    if (images === null) return null;
    // What is no name of a folder is none of the store either.
    const found = await findImage(images, `${family}@${digest}`).catch(() => null);
    if (found === null) return null;
    const { standing } = await standingOf(images, found, await knownKeys(dirname(images)));
    const boot = standing !== 'signed' ? 'unproved' : found.boot === null ? 'none' : 'passed';
    return { parent: `sha256:${found.base.digest}`, boot };
  };
}
