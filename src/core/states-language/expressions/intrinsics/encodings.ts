import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Json } from '../../json.ts';
import { jsonText } from '../outcome.ts';

/** The longest text that these take, in characters, as in AWS. */
const LONGEST = 10_000;

const ALGORITHMS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  MD5: md5,
  'SHA-1': sha1,
  'SHA-256': sha256,
  'SHA-384': sha384,
  'SHA-512': sha512,
};

/** The hash in hexadecimal. A value that is no text is hashed as its JSON. */
export function hash([data = null, algorithm]: readonly Json[]): Json | undefined {
  const text = typeof data === 'string' ? data : jsonText(data);
  if (text === null || text.length > LONGEST || typeof algorithm !== 'string') return undefined;
  const digest = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  return digest === undefined ? undefined : bytesToHex(digest(utf8ToBytes(text)));
}

export function base64Encode([text]: readonly Json[]): Json | undefined {
  if (typeof text !== 'string' || text.length > LONGEST) return undefined;
  return btoa(Array.from(utf8ToBytes(text), (byte) => String.fromCharCode(byte)).join(''));
}

export function base64Decode([text]: readonly Json[]): Json | undefined {
  if (typeof text !== 'string' || text.length > LONGEST || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
