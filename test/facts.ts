import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../shared/data');

/** Why tests over real archive and advisory data are skipped; false where the data is there. */
export const withoutFacts = existsSync(FOLDER) ? false : 'no real data: ../shared/data is not there';

export function factsPath(name: string): string {
  return join(FOLDER, name);
}

/** A file of the real data; what ends in `.xz` is unpacked by the machine's own `xz`. */
export function readFacts(name: string): Buffer {
  const path = factsPath(name);
  return name.endsWith('.xz') ? output('xz', ['--decompress', '--stdout', path]) : readFileSync(path);
}

/** Standard output of a command; throws where it fails. */
export function output(command: string, args: readonly string[]): Buffer {
  const run = spawnSync(command, args, { maxBuffer: 1024 ** 3, stdio: ['ignore', 'pipe', 'pipe'] });
  if (run.status !== 0) throw run.error ?? new Error(`${command} ended with ${run.status}: ${run.stderr}`);
  return run.stdout;
}
