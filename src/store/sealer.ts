import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KintsugiError } from '../core/errors.ts';

/** Encrypts what may never stand in clear in the database. `context` says what and whose it is, and must be the same to open. */
export interface Sealer {
  seal(plain: Buffer, context: string): Buffer;
  /** Throws StoreFailed for bytes that were changed, or sealed with another key or for another context. */
  open(sealed: Buffer, context: string): Buffer;
}

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a fresh random nonce each time: one byte of format, the nonce, the tag, the encrypted bytes. A key
 * of 32 bytes; random nonces are safe for 2^32 sealings of one key (NIST SP 800-38D, 8.3).
 */
export function sealerOf(key: Buffer): Sealer {
  if (key.length !== 32) throw new KintsugiError('StoreFailed', 'The key that seals secrets must have 32 bytes.');
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      const bodyAt = 1 + NONCE_BYTES + TAG_BYTES;
      if (sealed.length < bodyAt || sealed[0] !== FORMAT) throw damaged();
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, options).setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, bodyAt));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(bodyAt)), decipher.final()]);
      } catch {
        throw damaged();
      }
    },
  };
}

function damaged(): KintsugiError {
  return new KintsugiError(
    'StoreFailed',
    'A sealed secret cannot be opened: it was changed, or the key file is another.',
  );
}
