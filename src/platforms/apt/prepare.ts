import type { PackageVersion } from '../../core/compliance/inventory.ts';
import { exactPackage, installOptions } from './commands.ts';
import { type FreeSpace, parseSpace } from './plan.ts';
import { splitSections } from './sections.ts';
import { composeScript } from './shell.ts';

export interface PrepareRequest {
  readonly nonce: string;
  readonly full: boolean;
  readonly wanted: readonly PackageVersion[];
  readonly lockTimeoutSeconds: number;
}

export function composePrepare(request: PrepareRequest): string {
  return composeScript('prepare.sh', {
    NONCE: request.nonce,
    OPTIONS: installOptions(request.full).join(' '),
    WANTED: request.wanted.map(exactPackage).join('\n'),
    LOCK_TIMEOUT: String(request.lockTimeoutSeconds),
  });
}

/** Removes what `composePrepare` fetched, where no run will use it. */
export function composeDiscard(): string {
  return composeScript('discard.sh', {});
}

/** What an installation of the fetched archives would run into. */
export interface Prepared {
  /** Another run or preparation of Kintsugi works there now: nothing was done. */
  readonly busy: boolean;
  /** null: all archives are there; otherwise what apt said. */
  readonly downloadError: string | null;
  /** Configuration files, changed here and by the new version, that dpkg would ask about. */
  readonly conffiles: readonly { readonly name: string; readonly path: string }[];
  /** Bytes that packages take in a /boot of its own. */
  readonly boot: readonly { readonly name: string; readonly bytes: number }[];
  readonly space: readonly FreeSpace[];
}

/** null: the script did not come to its end. */
export function parsePrepared(output: string, nonce: string): Prepared | null {
  const sections = splitSections(output, nonce);
  if (!sections.has('done')) return null;
  const rows = (name: string) =>
    (sections.get(name)?.text ?? '').split('\n').flatMap((line) => {
      const [first, second] = line.split('\t');
      return first && second ? [[first, second] as const] : [];
    });
  const download = sections.get('download');
  return {
    busy: sections.has('busy'),
    downloadError: download?.code === 0 ? null : downloadError(download?.text ?? ''),
    conffiles: rows('conffiles').map(([name, path]) => ({ name, path })),
    boot: rows('boot').flatMap(([name, bytes]) => (/^\d{1,15}$/.test(bytes) ? [{ name, bytes: Number(bytes) }] : [])),
    space: parseSpace(sections.get('space')?.text ?? ''),
  };
}

function downloadError(text: string): string {
  const errors = text.split('\n').filter((line) => line.startsWith('E: '));
  return errors.join(' ').slice(0, 1000) || 'apt-get could not fetch the archives';
}
