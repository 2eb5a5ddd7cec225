import { randomBytes } from 'node:crypto';
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
import { KintsugiError } from '../core/errors.ts';
import { type Sealer, sealerOf } from './sealer.ts';

const KEY_BYTES = 32;

/**
 * The sealer of a data directory, whose key is in the file `secret.key` (mode 0600), made at the first use. Servers that
 * share a database share this file. Throws StoreFailed where the file cannot be used.
 */
export function openSealer(folder: string): Sealer {
  return sealerOf(readKey(join(folder, 'secret.key')) ?? makeKey(folder));
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
