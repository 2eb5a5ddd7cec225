import type { ChangelogEntry } from '../../core/advisories/types.ts';
import { releaseOf } from '../../platforms/apt/repositories.ts';
import type { FleetNode } from './fleet.ts';
import type { KeptChangelog } from './ranges.ts';

/**
 * The changelogs that speak for releases of the fleet: those whose newest entry was made for one (`bookworm-security`).
 * A package that came unchanged from another release says `unstable`, which tells nobody where it is installed.
 */
export function keptChangelogs(
  changelogs: Iterable<readonly ChangelogEntry[]>,
  fleet: readonly FleetNode[],
): KeptChangelog[] {
  const releases = new Map<string, Set<string>>();
  for (const { inventory } of fleet) {
    if (inventory === null) continue;
    const ecosystems = releases.get(inventory.codename) ?? new Set();
    releases.set(inventory.codename, ecosystems.add(inventory.ecosystem));
  }
  return [...changelogs].flatMap((entries) => {
    const newest = entries[0];
    if (newest === undefined) return [];
    const ecosystems = new Set(newest.distributions.flatMap((one) => [...(releases.get(releaseOf(one)) ?? [])]));
    return [...ecosystems].map((ecosystem) => ({ ecosystem, source: newest.source, version: newest.version, entries }));
  });
}
