import { lstat, readFile, stat } from 'node:fs/promises';
import { compareDpkg } from '../../core/versions/dpkg.ts';
import { type PackageIndex, type PackageStanza, readPackagesIndex } from '../../platforms/apt/packages-index.ts';
import { type RepositoryTarget, releaseOf } from '../../platforms/apt/repositories.ts';

/** One Packages index in memory. */
export interface LoadedIndex extends RepositoryTarget {
  readonly index: PackageIndex;
  /** Packages of the release that it belongs to: `bookworm`. */
  readonly forRelease: string;
}

/** Indexes of one product's repositories, as they were when they were read. */
export interface LoadedIndexes {
  readonly indexes: readonly LoadedIndex[];
  /** What is not in them and should be, in words. */
  readonly problems: readonly string[];
}

/** Distributions whose suites are releases: theirs are never compared with packages of another release. */
const DISTRIBUTIONS = new Set(['Debian', 'Ubuntu', 'Raspbian', 'Raspberry Pi Foundation']);
const LARGEST_INDEX = 512 * 1024 ** 2;

/**
 * Reads the indexes that apt keeps. Left out, with a word about it: what no trusted key has signed (sources may say
 * otherwise with `Trusted: yes`) and what is not there. Suites that apt itself takes nothing from unasked
 * (`NotAutomatic`: backports, experimental) are passed over.
 */
export async function loadIndexes(targets: readonly RepositoryTarget[]): Promise<LoadedIndexes> {
  const indexes: LoadedIndex[] = [];
  const problems: string[] = [];
  for (const target of targets) {
    if (await isLink(target.file)) {
      problems.push(
        `${target.description} is a link into its archive, which may have changed since it was verified: write copy: for file: in its source.`,
      );
      continue;
    }
    const release = await releaseFile(target);
    const buffer = await readIndex(target.file);
    if (release === null) {
      if (buffer !== null)
        problems.push(`${target.description} is signed by no trusted key: nothing is taken from it.`);
      else problems.push(`${target.description} is not there.`);
      continue;
    }
    if (/^NotAutomatic: *yes\s*$/im.test(release)) continue;
    if (buffer === null) {
      // apt asks every suite for every architecture; one that the Release file does not promise is none that is missing.
      const promised = /^Architectures: *(.*)$/im.exec(release)?.[1]?.trim().split(/\s+/);
      if (promised?.includes(target.architecture) !== false) problems.push(`${target.description} is not there.`);
      continue;
    }
    const index = readPackagesIndex(buffer);
    for (const problem of index.problems.slice(0, 3)) problems.push(`${target.description}: ${problem}`);
    indexes.push({ ...target, index, forRelease: releaseOf(target.codename) });
  }
  return { indexes, problems };
}

/** Head of the Release file; null where none is there that apt has verified: only then does it keep these files. */
async function releaseFile({ release }: RepositoryTarget): Promise<string | null> {
  const inline = await readFile(`${release}_InRelease`, 'utf8').catch(() => null);
  if (inline !== null) return inline.slice(0, 8192);
  const detached = await stat(`${release}_Release.gpg`).catch(() => null);
  const plain = detached === null ? null : await readFile(`${release}_Release`, 'utf8').catch(() => null);
  return plain?.slice(0, 8192) ?? null;
}

/** For `file:` apt keeps links to the archive's own files: what is behind one tomorrow, nobody has verified. */
async function isLink(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => null))?.isSymbolicLink() === true;
}

async function readIndex(file: string): Promise<Buffer | null> {
  const info = await stat(file).catch(() => null);
  if (info === null || !info.isFile() || info.size > LARGEST_INDEX) return null;
  return readFile(file).catch(() => null);
}

/** Whose package is asked about. */
export interface Asker {
  /** `bookworm` */
  readonly codename: string;
  /** dpkg's own architecture of the machine. */
  readonly architecture: string;
}

/** The indexes that speak for a machine: of its release, of its architecture. */
export function indexesFor(indexes: readonly LoadedIndex[], { codename, architecture }: Asker): readonly LoadedIndex[] {
  return indexes.filter(
    (one) =>
      (one.architecture === architecture || one.architecture === 'all' || one.architecture === '') &&
      (!DISTRIBUTIONS.has(one.origin) || one.forRelease === codename),
  );
}

/** A version on offer, and the archive that has it. */
export interface OfferedPackage extends PackageStanza {
  readonly codename: string;
  readonly origin: string;
}

/** The highest version on offer that is newer than the installed one; null: there is none. */
export function newestIn(
  indexes: readonly LoadedIndex[],
  installed: { readonly name: string; readonly architecture: string; readonly version: string },
  native: string,
): OfferedPackage | null {
  const architecture = installed.architecture === 'all' ? native : installed.architecture;
  let newest: OfferedPackage | null = null;
  for (const { index, codename, origin } of indexes) {
    for (const offered of index.lookup(installed.name, architecture)) {
      if (compareDpkg(offered.version, newest?.version ?? installed.version) > 0)
        newest = { ...offered, codename, origin };
    }
  }
  return newest;
}
