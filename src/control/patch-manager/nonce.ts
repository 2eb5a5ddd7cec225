import { randomBytes } from 'node:crypto';

/** Marks the sections of one script's output, new for every run: no text of a machine can pass for a marker. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}
