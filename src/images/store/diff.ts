import { compareDpkg } from '../../core/versions/dpkg.ts';
import type { ImageManifest } from './manifest.ts';

export interface PackageChange {
  readonly name: string;
  readonly architecture: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded';
}

/** What changes in the packages from one image to another, by name. */
export function diffPackages(from: ImageManifest['packages'], to: ImageManifest['packages']): PackageChange[] {
  const key = (one: { name: string; architecture: string }) => `${one.name}:${one.architecture}`;
  const before = new Map(from.map((one) => [key(one), one]));
  const after = new Map(to.map((one) => [key(one), one]));
  const changes: PackageChange[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, fresh] = [before.get(name), after.get(name)];
    const one = fresh ?? old;
    if (one === undefined || old?.version === fresh?.version) continue;
    const kind =
      old === undefined
        ? 'added'
        : fresh === undefined
          ? 'removed'
          : compareDpkg(old.version, fresh.version) < 0
            ? 'upgraded'
            : 'downgraded';
    changes.push({
      name: one.name,
      architecture: one.architecture,
      from: old?.version ?? null,
      to: fresh?.version ?? null,
      kind,
    });
  }
  return changes;
}
