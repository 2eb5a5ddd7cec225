import type { ChangelogEntry } from '../../core/advisories/types.ts';
import type { AvailableUpdate } from '../../core/compliance/inventory.ts';
import { parseChangelog } from './changelog.ts';
import { exactPackage, isSafePackage } from './commands.ts';
import { splitSections } from './sections.ts';
import { composeScript } from './shell.ts';

/** A source package whose changelog is wanted, and the binaries that carry it, smallest first. */
export interface WantedChangelog {
  readonly source: string;
  readonly version: string;
  readonly packages: readonly AvailableUpdate[];
}

/** Binaries that are tried for one source: one may only link to the folder of another. */
const TRIES = 3;

/** One changelog serves all binaries of a source. Names and versions that Debian does not allow are left out. */
export function wantedChangelogs(updates: readonly AvailableUpdate[]): WantedChangelog[] {
  const bySource = Map.groupBy(
    updates.filter(
      (update) =>
        isSafePackage(update) && isSafePackage({ ...update, name: update.source, version: update.sourceVersion }),
    ),
    (update) => `${update.source} ${update.sourceVersion}`,
  );
  return [...bySource.values()].flatMap((group) => {
    const packages = group.toSorted((a, b) => (a.size ?? Infinity) - (b.size ?? Infinity)).slice(0, TRIES);
    const first = packages[0];
    return first === undefined ? [] : [{ source: first.source, version: first.sourceVersion, packages }];
  });
}

export function composeChangelogs(nonce: string, root: string | null, wanted: readonly WantedChangelog[]): string {
  const lines = wanted.map(({ source, version, packages }) =>
    [source, version, ...packages.map(exactPackage)].join(' '),
  );
  return composeScript('changelogs.sh', { NONCE: nonce, ROOT: root ?? '', WANTED: lines.join('\n') }, ['outside.sh']);
}

export interface FetchedChangelogs {
  /** By `SOURCE VERSION`. */
  readonly entries: ReadonlyMap<string, readonly ChangelogEntry[]>;
  /** `SOURCE VERSION` of those that could not be had. */
  readonly missing: readonly string[];
}

export function parseChangelogs(output: string, nonce: string): FetchedChangelogs {
  const entries = new Map<string, readonly ChangelogEntry[]>();
  const missing: string[] = [];
  for (const [name, { text }] of splitSections(output, nonce)) {
    const [kind, source, version] = name.split(' ');
    if (kind === 'changelog') entries.set(`${source} ${version}`, parseChangelog(text));
    if (kind === 'none') missing.push(`${source} ${version}`);
  }
  return { entries, missing };
}
