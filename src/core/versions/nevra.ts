import { compareRpm } from './rpm.ts';

/** The full name of an rpm package, `name-[epoch:]version-release.arch`; the name and the architecture may be absent. */
export interface Nevra {
  readonly name: string | null;
  /** Null where there is none, which counts as 0. */
  readonly epoch: string | null;
  readonly version: string;
  readonly release: string;
  readonly architecture: string | null;
}

/**
 * Architectures that rpm distributions build for. A release may hold dots (`12.fc39`), so only a known one is cut off.
 * https://github.com/rpm-software-management/rpm/blob/master/rpmrc.in
 */
const ARCHITECTURES = new Set([
  'noarch',
  'src',
  'nosrc',
  'x86_64',
  'x86_64_v2',
  'i386',
  'i486',
  'i586',
  'i686',
  'aarch64',
  'armv7hl',
  'armv7hnl',
  'ppc64',
  'ppc64le',
  's390',
  's390x',
  'riscv',
  'riscv64',
  'loongarch64',
]);

/** The parts of a NEVRA, NEVR, EVRA or EVR; undefined where there is no `version-release` in it. */
export function parseNevra(text: string): Nevra | undefined {
  const hyphen = text.lastIndexOf('-');
  if (hyphen < 0) return undefined;
  const nameEnd = hyphen > 0 ? text.lastIndexOf('-', hyphen - 1) : -1;
  const evr = text.slice(nameEnd + 1, hyphen);
  const colon = evr.indexOf(':');
  const epoch = colon < 0 ? null : evr.slice(0, colon) || '0';
  const version = evr.slice(colon + 1);
  const dot = text.lastIndexOf('.');
  const isArchitecture = dot > hyphen && ARCHITECTURES.has(text.slice(dot + 1));
  const release = text.slice(hyphen + 1, isArchitecture ? dot : text.length);
  if (version === '' || release === '' || nameEnd === 0 || !/^[0-9]*$/.test(epoch ?? '')) return undefined;
  return {
    name: nameEnd < 0 ? null : text.slice(0, nameEnd),
    epoch,
    version,
    release,
    architecture: isArchitecture ? text.slice(dot + 1) : null,
  };
}

/** Orders by name, then by epoch, version and release, then by architecture; an absent part sorts before any. */
export function compareNevra(a: Nevra, b: Nevra): -1 | 0 | 1 {
  return compareNames(a.name, b.name) || compareRpm(evrOf(a), evrOf(b)) || compareNames(a.architecture, b.architecture);
}

function evrOf({ epoch, version, release }: Nevra): string {
  return `${epoch ?? '0'}:${version}-${release}`;
}

function compareNames(a: string | null, b: string | null): -1 | 0 | 1 {
  if (a === b) return 0;
  return a === null || (b !== null && a < b) ? -1 : 1;
}
