import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { KintsugiError } from '../../core/errors.ts';
import { signEnvelope, verifyEnvelope } from '../evidence/dsse.ts';
import { IN_TOTO, STATEMENT } from '../evidence/provenance.ts';
import { knownKeys } from '../evidence/signing-key.ts';
import { imageFolder } from './folders.ts';
import { type ImageManifest, imageManifest } from './manifest.ts';
import { listImages } from './read.ts';

/** Beside `manifest.json`: the same words, signed. Images of versions before it have none. */
export const SIGNED_MANIFEST = 'manifest.dsse.json';
const PREDICATE = 'urn:kintsugi:image-manifest:v1';

const statement = z.object({
  _type: z.literal(STATEMENT),
  predicateType: z.literal(PREDICATE),
  predicate: imageManifest,
});

/** The manifest as an in-toto statement in a DSSE envelope, as text. It lists every file, so it covers them all. */
export function signManifest(manifest: ImageManifest, key: KeyObject): string {
  const subject = [{ name: `image.${manifest.format}`, digest: { sha256: manifest.digest } }];
  const payload = JSON.stringify({ _type: STATEMENT, subject, predicateType: PREDICATE, predicate: manifest });
  return `${JSON.stringify(signEnvelope(IN_TOTO, Buffer.from(payload), key))}\n`;
}

/** How far the words of a manifest can be relied on. `unsigned`: an image of an earlier version, or one made so. */
export type Standing =
  | { readonly standing: 'signed' }
  | { readonly standing: 'unsigned'; readonly reason: string }
  | { readonly standing: 'forged'; readonly reason: string };

/** Asks only for the signature of the manifest, and reads no other file. */
export async function standingOf(
  images: string,
  manifest: ImageManifest,
  keys: readonly KeyObject[],
): Promise<Standing> {
  const file = join(imageFolder(images, manifest.family, manifest.digest), SIGNED_MANIFEST);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      return { standing: 'forged', reason: `${SIGNED_MANIFEST}: it cannot be read` };
    const reason = 'manifest.json: it is not signed, as in images of earlier versions: bake it anew';
    return { standing: 'unsigned', reason };
  }
  const forged = (reason: string): Standing => ({ standing: 'forged', reason: `${SIGNED_MANIFEST}: ${reason}` });
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    return forged('it is no DSSE envelope');
  }
  const verified = verifyEnvelope(envelope, IN_TOTO, keys);
  if (!verified.ok) return forged(verified.reason);
  const signed = statement.safeParse(json(verified.payload));
  if (!signed.success) return forged('it is signed, and holds no manifest');
  if (!isDeepStrictEqual(signed.data.predicate, manifest)) return forged('manifest.json says something else');
  return { standing: 'signed' };
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/** Throws ImageDamaged where the manifest is not signed by the key of the data directory that the store is part of. */
export async function requireSigned(images: string, manifest: ImageManifest): Promise<void> {
  const found = await standingOf(images, manifest, await knownKeys(dirname(images)));
  if (found.standing === 'signed') return;
  throw new KintsugiError('ImageDamaged', `${manifest.family}@${manifest.digest.slice(0, 12)}: ${found.reason}.`);
}

/** The images of a family whose manifests are signed by that key, the newest first: those that decide something. */
export async function signedImages(images: string, family: string): Promise<ImageManifest[]> {
  const { found } = await listImages(images, family);
  const keys = await knownKeys(dirname(images));
  const standings = await Promise.all(found.map((one) => standingOf(images, one, keys)));
  return found.filter((_, at) => standings[at]?.standing === 'signed');
}
