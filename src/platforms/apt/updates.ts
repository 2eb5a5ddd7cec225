import type { AvailableUpdate, BlockedReason, InstalledPackage, Origin } from '../../core/compliance/inventory.ts';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';
import type { OriginTable } from './lists.ts';
import type { DpkgPackage } from './packages.ts';
import type { PackagePolicy } from './policy.ts';
import type { IndexEntry, PlannedArchive } from './upgrade.ts';

const { compare } = VERSION_SCHEMES.dpkg;

/** The answers of dpkg and apt that together tell what is installed and what could be. */
export interface Answers {
  readonly installed: readonly DpkgPackage[];
  /** The machine's own architecture. */
  readonly native: string;
  readonly policies: readonly PackagePolicy[];
  /** What the upgrade verb would install. */
  readonly archives: readonly PlannedArchive[];
  /** False: the verb failed, and nothing is known of what it would install. */
  readonly resolved: boolean;
  readonly shown: readonly IndexEntry[];
  readonly origins: OriginTable;
}

/** Installed packages with their archives, and every newer version, whether the verb installs it or not and why not. */
export function joinAnswers(from: Answers): { packages: InstalledPackage[]; updates: AvailableUpdate[] } {
  const { native, origins, resolved } = from;
  const policies = new Map(from.policies.map((policy) => [policy.name, policy]));
  const planned = new Map(from.archives.map((archive) => [aptName(archive, native), archive]));
  const shown = new Map(from.shown.map((entry) => [`${aptName(entry, native)} ${entry.version}`, entry]));
  const packages: InstalledPackage[] = [];
  const updates: AvailableUpdate[] = [];
  for (const one of from.installed) {
    const name = aptName(one, native);
    const policy = policies.get(name);
    packages.push({ ...one, origins: originsOf(policy, one.version, origins) });
    const archive = planned.get(name);
    planned.delete(name);
    const version = archive?.version ?? policy?.candidate ?? null;
    // A pin can make apt want an older version: that is no update, and nothing that we ever install.
    if (version === null || compare(version, one.version) <= 0) continue;
    const entry = shown.get(`${name} ${version}`);
    updates.push({
      ...available(archive ?? { ...one, version }, entry, one),
      installedVersion: one.version,
      origins: originsOf(policy, version, origins),
      size: archive?.size ?? entry?.size ?? null,
      blocked: archive === undefined ? blocked(one, name, policy, version, resolved) : null,
    });
  }
  for (const [name, archive] of planned) {
    updates.push({
      ...available(archive, shown.get(`${name} ${archive.version}`), null),
      installedVersion: null,
      origins: originsOf(policies.get(name), archive.version, origins),
      size: archive.size,
      blocked: null,
    });
  }
  return { packages, updates };
}

/**
 * A package by the name that apt gives it: a foreign architecture behind a colon, the native one and `all` unsaid. One
 * name stays one package when its architecture changes between these two.
 */
function aptName(one: { readonly name: string; readonly architecture: string }, native: string): string {
  return one.architecture === native || one.architecture === 'all' ? one.name : `${one.name}:${one.architecture}`;
}

function originsOf(policy: PackagePolicy | undefined, version: string, origins: OriginTable): Origin[] {
  const sources = policy?.versions.find((one) => one.version === version)?.sources ?? [];
  return sources.map((source) => origins.get(source)).filter((origin) => origin !== undefined);
}

function available(
  one: { readonly name: string; readonly architecture: string; readonly version: string },
  entry: IndexEntry | undefined,
  installed: DpkgPackage | null,
) {
  return {
    name: one.name,
    architecture: entry?.architecture ?? one.architecture,
    version: one.version,
    source: entry?.source ?? installed?.source ?? one.name,
    sourceVersion: entry?.sourceVersion ?? one.version,
    priority: entry?.priority || installed?.priority || '',
    section: entry?.section || installed?.section || '',
    installedKiB: entry?.installedKiB ?? null,
  };
}

function blocked(
  one: DpkgPackage,
  name: string,
  policy: PackagePolicy | undefined,
  version: string,
  resolved: boolean,
): { reason: BlockedReason; detail: string } {
  if (one.held) return { reason: 'held', detail: `It is on hold: \`apt-mark unhold ${name}\` lets it go.` };
  const phased = policy?.versions.find((entry) => entry.version === version)?.phased ?? null;
  if (phased !== null)
    return { reason: 'phased', detail: `It is offered to ${phased} % of machines so far, and not yet to this one.` };
  return {
    reason: 'kept-back',
    detail: resolved
      ? 'Installing it would remove a package, or something that it needs is not available.'
      : 'apt could not work out what it would install.',
  };
}
