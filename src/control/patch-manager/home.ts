import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where Kintsugi keeps what it knows on this machine: KINTSUGI_HOME, else `~/.kintsugi`. */
export function kintsugiHome(): string {
  return process.env.KINTSUGI_HOME || join(homedir(), '.kintsugi');
}
