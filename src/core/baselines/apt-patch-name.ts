import { compileGlob, type Glob } from './glob.ts';
import { quoted } from './issue.ts';
import { didYouMean } from './nearest.ts';
import type { PatchName } from './patch-candidate.ts';

/**
 * Names that `dpkg-architecture --list-known` and Ubuntu use, and `all`. Package names hold dots as well
 * (`python3.11`, `libfoo1.0`), so what follows a dot is an architecture only if it is one of these.
 */
const ARCHITECTURES = [
  ...['all', 'amd64', 'amd64v3', 'i386', 'arm64', 'armhf', 'armel', 'arm', 'ppc64el', 's390x', 'riscv64', 'mips64el'],
  ...['mipsel', 'mips', 'mips64', 'loong64', 'alpha', 'hppa', 'ia64', 'm68k', 'powerpc', 'ppc64', 'sh4', 'sparc'],
  ...['sparc64', 's390', 'x32', 'hurd-i386', 'hurd-amd64', 'kfreebsd-i386', 'kfreebsd-amd64', 'arc'],
];

// Policy allows lower case only; dpkg also takes upper case and "_", which some vendors' packages have.
const NAME = /^[A-Za-z0-9*?[][A-Za-z0-9+.\-_*?[\]!^]*$/;
const VERSION = /^[A-Za-z0-9.+:~\-*?[\]!^]+$/;

/**
 * `name`, `name.arch`, `name:arch` and each with `=version`; all parts take wildcards. A bare name covers every
 * version and architecture. A version without an epoch is compared without the epoch: `bind9=9.18*` covers
 * 1:9.18.28-1. Case does not count in names, which are lower case in every archive.
 */
export function compileAptName(pattern: string): PatchName {
  const equals = pattern.indexOf('=');
  const left = equals < 0 ? pattern : pattern.slice(0, equals);
  const wantedVersion = equals < 0 ? null : pattern.slice(equals + 1);
  const { name, arch } = splitArchitecture(left);
  if (!NAME.test(name)) {
    return { error: `${quoted(name)} is no package name: write name, name.arch or name=version, as in openssl=3.0.*` };
  }
  if (wantedVersion !== null && !VERSION.test(wantedVersion)) {
    return { error: `${quoted(wantedVersion)} is no version: write it as dpkg shows it, wildcards allowed` };
  }
  const archGlob = arch === null ? null : compileGlob(arch);
  if (archGlob?.literal && arch !== null && !ARCHITECTURES.includes(arch)) {
    return { error: `${quoted(arch)} is no architecture of dpkg`, suggestion: didYouMean(arch, ARCHITECTURES) };
  }
  const nameGlob = compileGlob(name.toLowerCase());
  const matchesVersion = wantedVersion === null ? () => true : versionMatcher(wantedVersion);
  return {
    matches: (of) =>
      nameGlob.matches(of.name.toLowerCase()) &&
      (archGlob === null || archGlob.matches(of.architecture)) &&
      matchesVersion(of.version),
  };
}

/** `name:arch` is dpkg's own way to write it; `:any` means every architecture there. */
function splitArchitecture(left: string): { name: string; arch: string | null } {
  const colon = left.lastIndexOf(':');
  if (colon > 0) {
    const arch = left.slice(colon + 1);
    return { name: left.slice(0, colon), arch: arch === 'any' ? null : arch };
  }
  const dot = left.lastIndexOf('.');
  const suffix = left.slice(dot + 1);
  return dot > 0 && ARCHITECTURES.includes(suffix)
    ? { name: left.slice(0, dot), arch: suffix }
    : { name: left, arch: null };
}

function versionMatcher(wanted: string): Glob['matches'] {
  const glob = compileGlob(wanted);
  return wanted.includes(':') ? glob.matches : (version) => glob.matches(version.replace(/^[0-9]+:/, ''));
}
