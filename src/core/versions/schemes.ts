import { apkKey, compareApk, isValidApk } from './apk.ts';
import { compareDpkg, dpkgKey, isValidDpkg } from './dpkg.ts';
import type { VersionKey } from './key.ts';
import { compareRpm, isValidRpm, rpmKey } from './rpm.ts';

export const SCHEME_NAMES = ['dpkg', 'rpm', 'apk'] as const;
export type SchemeName = (typeof SCHEME_NAMES)[number];

/** How a family of packages orders its versions. */
export interface VersionScheme {
  /** Does the real tool accept it as a version, and is it no longer than `MAX_VERSION_LENGTH`? */
  readonly isValid: (version: string) => boolean;
  /** A total order of valid versions; never throws, whatever it is given. */
  readonly compare: (a: string, b: string) => -1 | 0 | 1;
  /** Sorts as `compare` does; undefined for what is not valid. */
  readonly key: (version: string) => VersionKey | undefined;
}

export const VERSION_SCHEMES: Readonly<Record<SchemeName, VersionScheme>> = {
  dpkg: { isValid: isValidDpkg, compare: compareDpkg, key: dpkgKey },
  rpm: { isValid: isValidRpm, compare: compareRpm, key: rpmKey },
  apk: { isValid: isValidApk, compare: compareApk, key: apkKey },
};
