import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { readState, removeState, writeState } from './state-file.ts';

const generate = promisify(generateKeyPair);

/** Makes an RSA key of 2048 bits and keeps it at `path`, for its owner's eyes alone. */
export async function createKey(path: string): Promise<KeyObject> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  await writeState(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}

/** The key at `path`; null where there is none. */
export async function readKey(path: string): Promise<KeyObject | null> {
  const pem = await readState(path);
  return pem === null ? null : createPrivateKey(pem);
}

/** What the server stores of a key: base64 of its SubjectPublicKeyInfo in DER. */
export function publicHalf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
}

/** Puts the key at `from` in the place of the one at `to`. A crash in between leaves both, and both are tried. */
export async function promoteKey(from: string, to: string): Promise<void> {
  const pem = await readState(from);
  if (pem === null) return;
  await writeState(to, pem);
  await removeState(from);
}
