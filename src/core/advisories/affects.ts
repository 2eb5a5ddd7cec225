import { sameModule } from './module-stream.ts';
import type { AffectedPackage } from './types.ts';

/** One installed package, as advisories are asked about it; its source as `advisedSource` has it. */
export interface InstalledVersion {
  readonly architecture: string;
  readonly version: string;
  readonly sourceVersion: string;
  /** Module stream of rpm distributions, `name:stream`; null: from no module. Absent: nobody told. */
  readonly module?: string | null;
}

/**
 * Whether what an advisory says of a package is true of an installed version: introduced <= installed < fixed. The
 * ecosystem and the name (of the source or of the binary, as `affected.kind` says) are those of the package.
 */
export function affects(
  affected: AffectedPackage,
  installed: InstalledVersion,
  compare: (a: string, b: string) => number,
): boolean {
  if (!reaches(affected, installed)) return false;
  return isBelowFix(affected, affected.kind === 'source' ? installed.sourceVersion : installed.version, compare);
}

/** introduced <= version < fixed, where the advisory names them. */
export function isBelowFix(
  affected: Pick<AffectedPackage, 'introduced' | 'fixed'>,
  version: string,
  compare: (a: string, b: string) => number,
): boolean {
  if (affected.introduced !== undefined && compare(version, affected.introduced) < 0) return false;
  return affected.fixed === null || compare(version, affected.fixed) < 0;
}

/** The part of `affects` that no comparison of versions tells: architecture and module stream. */
export function reaches(
  affected: AffectedPackage,
  installed: Pick<InstalledVersion, 'architecture' | 'version' | 'module'>,
): boolean {
  if (!sameArchitecture(affected.architecture, installed.architecture)) return false;
  const told = installed.module === undefined ? {} : { module: installed.module };
  return sameModule(affected, { ...told, availableVersion: installed.version });
}

const ANY_ARCHITECTURE = new Set(['all', 'noarch', 'any']);

/** Absent in the advisory: every architecture. */
export function sameArchitecture(affected: string | undefined, installed: string): boolean {
  return affected === undefined || affected === installed || ANY_ARCHITECTURE.has(affected);
}
