import { readFileSync } from 'node:fs';
import { quote } from '../../platforms/apt/shell.ts';

export interface SealInput {
  /** The date of the image, in seconds since 1970. */
  readonly epoch: number;
  readonly rootUuid: string;
  /** SHA-256 of initrds that the base brought: they are made the same every time, and making one takes long. */
  readonly keep: readonly string[];
}

/** The script that seals a root, with its inputs as quoted assignments in front. */
export function composeSeal({ epoch, rootUuid, keep }: SealInput): string {
  const text = readFileSync(new URL('./scripts/seal.sh', import.meta.url), 'utf8');
  return `EPOCH=${quote(String(epoch))}\nROOT_UUID=${quote(rootUuid)}\nKEEP=${quote(keep.join(' '))}\n${text}`;
}
