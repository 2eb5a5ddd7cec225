import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';

/**
 * The key that signs provenance, an ed25519 key in `home`, made on first use: of two that make one at the same time
 * both get the same. Only its owner may read it.
 */
export async function signingKey(home: string, unique: string): Promise<KeyObject> {
  const file = join(home, 'image-signing.key');
  const known = await readKey(file);
  if (known !== null) return known;
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const fresh = `${file}.${unique}`;
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // A link is there whole or not at all, and never replaces one that another process made.
    await link(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  const made = await readKey(file);
  if (made === null) throw new KintsugiError('BakeFailed', `The signing key ${file} went away while it was made.`);
  return made;
}

/** The public half of the key in `home`; none where no image was baked with it. Makes nothing. */
export async function knownKeys(home: string): Promise<KeyObject[]> {
  const key = await readKey(join(home, 'image-signing.key'));
  return key === null ? [] : [createPublicKey(key)];
}

/** The public half, as PEM, for those who verify. */
export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}

async function readKey(file: string): Promise<KeyObject | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new KintsugiError('Permission', `The signing key ${file} cannot be read.`, { cause: error });
  }
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('another kind of key');
    return key;
  } catch {
    // The cause could quote the key.
    throw new KintsugiError('BakeFailed', `The signing key ${file} is no ed25519 key in PEM.`, {
      advice:
        'Put the right key back; where it is lost, move the file away and a new one is made: older images then verify with the older public key only.',
    });
  }
}
