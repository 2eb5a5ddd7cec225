import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import { rootTarget } from '../../platforms/targets/root.ts';
import { findResidue, type Residue } from './residue.ts';
import { composeSeal, type SealInput } from './scripts.ts';
import { isNoSpace, mustRun, noSpace } from './tool.ts';

const SEAL_TIMEOUT_MS = 900_000;

export interface Sealed {
  /** The newest kernel installed, as `uname -r` will say it. */
  readonly kernel: string;
}

/**
 * Scrubs the root of everything that is the build machine's or a single machine's, and makes it bootable. Then it is
 * looked through from outside: throws ImageNotClean where an identity or a secret is left, and BakeFailed, NoSpace.
 */
export async function sealRoot(root: string, options: SealInput): Promise<Sealed> {
  const target = rootTarget(root, { offline: false, tied: true, network: false });
  const outcome = await target.change(composeSeal(options), { timeoutMs: SEAL_TIMEOUT_MS });
  const kernel = /^newest (\S{1,100})$/m.exec(outcome.stdout)?.[1];
  if (outcome.code !== 0 || kernel === undefined) {
    if (isNoSpace(outcome.stderr)) throw noSpace('Sealing the image');
    const words = outcome.stderr.trim().split('\n').slice(-5).join('\n').slice(-1000);
    throw new KintsugiError('BakeFailed', `The image could not be sealed: ${words || 'it did not end in time'}`);
  }
  // The kernel fills /dev by itself, and what was mounted over these folders hid their own dates.
  await mustRun(['find', join(root, 'dev'), '-xdev', '-mindepth', '1', '-delete'], { timeoutMs: 60_000 });
  const hidden = ['', 'dev', 'proc', 'sys', 'run', 'tmp', 'etc'].map((name) => join(root, name));
  await mustRun(['touch', '--no-dereference', `--date=@${options.epoch}`, ...hidden], { timeoutMs: 60_000 });
  const residue = await findResidue(root);
  if (residue.length > 0) throw notClean(residue);
  return { kernel };
}

function notClean(residue: readonly Residue[]): KintsugiError {
  const lines = residue.slice(0, 10).map(({ path, what }) => `  ${path}: ${what}`);
  if (residue.length > 10) lines.push(`  and ${residue.length - 10} more`);
  return new KintsugiError('ImageNotClean', `The image still holds what must not be in one:\n${lines.join('\n')}`, {
    details: { residue: residue.slice(0, 100) },
  });
}

/**
 * The date of the newest package, in seconds since 1970, by the changelogs that packages bring along: what the root
 * holds decides it, not when it was built. It becomes the date of everything that the build made.
 */
export async function contentEpoch(root: string): Promise<number> {
  let newest = EARLIEST;
  const docs = join(root, 'usr/share/doc');
  for (const name of await readdir(docs).catch(() => [])) {
    if (!(await lstat(join(docs, name))).isDirectory()) continue;
    for (const file of ['changelog.Debian.gz', 'changelog.Debian.amd64.gz', 'changelog.gz', 'copyright']) {
      const stat = await lstat(join(docs, name, file)).catch(() => null);
      if (stat?.isFile()) newest = Math.max(newest, Math.floor(stat.mtimeMs / 1000));
    }
  }
  return newest;
}

/** FAT knows no earlier date. */
const EARLIEST = 315_532_800;
