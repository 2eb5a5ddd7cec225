import type { DpkgPackage } from './dpkg-status.ts';
import type { PackageIndex, PackageStanza } from './packages-index.ts';

/** An installed package for which the archives offer something newer. */
export interface Candidate {
  readonly installed: DpkgPackage;
  readonly candidate: PackageStanza;
}

/**
 * The newer versions that apt would list for a machine whose archives all have apt's usual priority of 500: the
 * highest version on offer, of the package's own architecture or `all`, where that is higher than the installed one.
 * Pins, holds and phasing are not looked at. `compare` is dpkg's order.
 * https://manpages.debian.org/bookworm/apt/apt_preferences.5.en.html
 */
export function candidates(
  status: readonly DpkgPackage[],
  indexes: readonly PackageIndex[],
  native: string,
  compare: (a: string, b: string) => number,
): readonly Candidate[] {
  return status.flatMap((installed) => {
    if (installed.state === 'not-installed' || installed.state === 'config-files') return [];
    // A package may change between `all` and the machine's own architecture from one version to the next.
    const architecture = installed.architecture === 'all' ? native : installed.architecture;
    let candidate: PackageStanza | null = null;
    for (const index of indexes) {
      for (const offered of index.lookup(installed.name, architecture)) {
        if (compare(offered.version, candidate?.version ?? installed.version) > 0) candidate = offered;
      }
    }
    return candidate === null ? [] : [{ installed, candidate }];
  });
}
