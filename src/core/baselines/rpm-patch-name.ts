import { compileGlob } from './glob.ts';
import { quoted } from './issue.ts';
import type { PatchCandidate, PatchName } from './patch-candidate.ts';

const NAME = /^[A-Za-z0-9_*?[][A-Za-z0-9._+\-:~^*?[\]!]*$/;
const VERSION = /^[A-Za-z0-9._+:~^\-*?[\]!]+$/;

/**
 * Every way in which dnf and AWS write an rpm: `name`, `name.arch`, `name-version`, `name-version-release`, with
 * `.arch` behind or an epoch before the version, a whole file name, and `name=version`; shell wildcards in all.
 * Only digits are a Bugzilla id.
 * https://dnf.readthedocs.io/en/latest/command_ref.html#specifying-packages
 */
export function compileRpmName(pattern: string): PatchName {
  if (/^[0-9]+$/.test(pattern)) return { matches: (of) => of.bugzillaIds?.includes(pattern) ?? false };
  const equals = pattern.indexOf('=');
  const name = (equals < 0 ? pattern : pattern.slice(0, equals)).replace(/\.rpm$/, '');
  if (!NAME.test(name)) {
    return { error: `${quoted(name)} is no package name: write name, name.arch or name-version-release.arch` };
  }
  const glob = compileGlob(name);
  if (equals < 0) {
    return { matches: (of) => mayMatch(name, glob.literal, of) && fullNames(of).some(glob.matches) };
  }
  const version = pattern.slice(equals + 1);
  if (!VERSION.test(version)) {
    return { error: `${quoted(version)} is no version: write it as rpm shows it, wildcards allowed` };
  }
  const versionGlob = compileGlob(version);
  return {
    matches: (of) =>
      [of.name, `${of.name}.${of.architecture}`].some(glob.matches) && versions(of).some(versionGlob.matches),
  };
}

/** Cheap: a pattern without wildcards that does not hold the name cannot match. */
function mayMatch(pattern: string, literal: boolean, of: PatchCandidate): boolean {
  return !literal || pattern.includes(of.name);
}

function fullNames(of: PatchCandidate): string[] {
  const { epoch, version, release } = parts(of);
  const evr = release === '' ? version : `${version}-${release}`;
  const named = [of.name, `${of.name}-${version}`, `${of.name}-${evr}`, `${of.name}-${epoch}:${evr}`];
  const all = [...named, `${epoch}:${of.name}-${evr}`];
  return [...all, ...all.map((one) => `${one}.${of.architecture}`)];
}

function versions(of: PatchCandidate): string[] {
  const { epoch, version, release } = parts(of);
  const evr = release === '' ? version : `${version}-${release}`;
  return [version, evr, `${epoch}:${version}`, `${epoch}:${evr}`];
}

/** No epoch is epoch 0; neither a version nor a release holds a hyphen. */
function parts(of: PatchCandidate): { epoch: string; version: string; release: string } {
  const [, epoch, version, release] = /^(?:([0-9]+):)?([^-]*)(?:-(.*))?$/.exec(of.version) ?? [];
  return {
    epoch: of.epoch || epoch || '0',
    version: version ?? of.version,
    release: of.release || release || '',
  };
}
