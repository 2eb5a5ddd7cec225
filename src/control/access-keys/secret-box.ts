import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';

/** Encrypts what may not lie in clear in the database. `label` binds a secret to its row: it does not open elsewhere. */
export interface SecretBox {
  seal(secret: string, label: string): Buffer;
  /** Throws where the key file, the label or the bytes are not those of `seal`. */
  open(sealed: Buffer, label: string): string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of what is sealed, so that another form can come later. */
const FORM = 1;

/**
 * The box of a data directory: AES-256-GCM with the key in `secret.key` (mode 0600), made at the first use. Servers
 * that share a database share this file. Throws StoreFailed where the file cannot be used.
 */
export function openSecretBox(folder: string): SecretBox {
  const key = readKey(join(folder, 'secret.key')) ?? makeKey(folder);
  return {
    seal(secret, label) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(FORM), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, label) {
      const text = 1 + NONCE_BYTES + TAG_BYTES;
      if (sealed[0] !== FORM || sealed.length < text)
        throw new KintsugiError('StoreFailed', 'A secret in the store is damaged.');
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(label)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, text));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(text)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new KintsugiError('StoreFailed', 'A secret in the store does not fit the key file secret.key.', {
          cause,
        });
      }
    },
  };
}

function readKey(file: string): Buffer | null {
  try {
    const key = readFileSync(file);
    if (key.length !== KEY_BYTES)
      throw new KintsugiError('StoreFailed', `${file} is damaged: it must hold ${KEY_BYTES} bytes.`);
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new KintsugiError(
        'StoreFailed',
        `${file} is open to others: make it readable by its owner alone (chmod 600).`,
      );
    }
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Written whole under another name, then linked: of two servers that start at once, one key wins and both use it. */
function makeKey(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'secret.key');
  const fresh = `${file}.${randomBytes(8).toString('hex')}`;
  const handle = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(handle, randomBytes(KEY_BYTES));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(fresh);
  }
  syncFolder(folder);
  const key = readKey(file);
  if (key === null) throw new KintsugiError('StoreFailed', `${file} could not be made.`);
  return key;
}

/** The name is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
