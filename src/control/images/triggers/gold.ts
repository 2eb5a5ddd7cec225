import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KintsugiError } from '../../../core/errors.ts';
import { imageFolder } from '../../../images/store/folders.ts';
import type { ImageManifest } from '../../../images/store/manifest.ts';
import { findImage } from '../../../images/store/read.ts';
import { requireSigned } from '../../../images/store/signed-manifest.ts';
import type { Call } from '../../call.ts';
import { findVersion } from '../../parameter-store/find.ts';

/** The digest of the family's gold image by its parameter; null: there is none, or it is none of this store. */
export async function goldDigest(call: Call, family: string): Promise<string | null> {
  const name = `/images/${family}/gold`;
  const found = await findVersion(call, { names: [name], version: 'latest', selector: '' });
  return /^sha256:([0-9a-f]{64})$/.exec(String(found?.value ?? ''))?.[1] ?? null;
}

const report = z.object({
  target: z.object({ os: z.object({ codename: z.string(), ecosystem: z.string() }) }),
});

/** An image with what its own report says of its system. */
export interface KnownImage {
  readonly manifest: ImageManifest;
  readonly codename: string;
  readonly ecosystem: string;
}

/** The image as it lies in the store. Throws where it is not there, not as it was signed, or its report cannot be read. */
export async function knownImage(images: string, family: string, digest: string): Promise<KnownImage> {
  const manifest = await findImage(images, `${family}@${digest}`);
  await requireSigned(images, manifest);
  const text = await readFile(join(imageFolder(images, family, digest), 'report.json'), 'utf8');
  if (createHash('sha256').update(text).digest('hex') !== manifest.files['report.json']?.sha256)
    throw new KintsugiError('ImageDamaged', `${family}@${digest.slice(0, 12)}: report.json: its content was changed.`);
  const { os } = report.parse(JSON.parse(text)).target;
  return { manifest, codename: os.codename, ecosystem: os.ecosystem };
}
