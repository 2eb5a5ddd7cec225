import { linkOf } from '../../core/advisories/links.ts';
import type { PatchResult } from '../../core/compliance/types.ts';
import { visible } from '../../core/visible.ts';

/** A patch of which a version is installed, and the `bom-ref` of its component. */
export interface InstalledPatch extends PatchResult {
  readonly installedVersion: string;
  readonly ref: string;
}

/**
 * One entry a CVE id (or an advisory, where it names none) over all packages whose update fixes it. Which advisory
 * fixes which CVE the report does not say, so an entry names all advisories of its updates.
 */
export function vulnerabilities(patches: readonly InstalledPatch[]): readonly object[] {
  const affected = new Map<string, InstalledPatch[]>();
  for (const patch of patches) {
    if (patch.availableVersion === null) continue;
    for (const id of new Set(patch.cves.length > 0 ? patch.cves : patch.advisories)) {
      const list = affected.get(id);
      if (list === undefined) affected.set(id, [patch]);
      else list.push(patch);
    }
  }
  return [...affected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, list]) => vulnerability(id, list));
}

function vulnerability(id: string, patches: readonly InstalledPatch[]): object {
  const link = linkOf(id);
  const updates = patches.map(({ name, availableVersion }) => `${name} to ${availableVersion}`);
  const advisories = [...new Set(patches.flatMap(({ advisories }) => advisories))].filter(
    (advisory) => advisory !== id,
  );
  return {
    id: visible(id),
    ...(link === null ? {} : { source: { name: id.startsWith('CVE-') ? 'CVE' : 'vendor', url: link } }),
    ratings: ratings(patches),
    recommendation: visible(`Update ${updates.join(', ')}.`),
    advisories: advisories.flatMap((advisory) => {
      const url = linkOf(advisory);
      return url === null ? [] : [{ title: advisory, url }];
    }),
    affects: patches.map((patch) => ({
      ref: patch.ref,
      versions: [
        { version: visible(patch.installedVersion), status: 'affected' },
        { version: visible(patch.availableVersion ?? ''), status: 'unaffected' },
      ],
    })),
    properties: patches.some(({ exploited }) => exploited.includes(id))
      ? [{ name: 'kintsugi:knownExploited', value: 'true' }]
      : [],
  };
}

/** What each source says of the updates; ours is never made into a score that nobody gave. */
function ratings(patches: readonly InstalledPatch[]): readonly object[] {
  const distinct = new Map(
    patches.flatMap(({ severity }) => (severity === null ? [] : [[JSON.stringify(severity), severity] as const])),
  );
  return [...distinct.values()].map(({ source, raw, mapped }) => ({
    source: { name: visible(source) },
    severity: mapped,
    method: 'other',
    justification: visible(`${source} says "${raw}".`),
  }));
}
