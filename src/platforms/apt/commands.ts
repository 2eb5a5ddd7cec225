import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';

/**
 * The one place where apt-get's arguments are made: scan, dry run and install ask the same question, because hosts
 * that are scanned with one verb and patched with another stay outdated for ever.
 */

/** The default verb installs new packages that updates need and never removes one; `full` may remove. */
export function upgradeVerb(full: boolean): readonly string[] {
  return full ? ['dist-upgrade'] : ['--with-new-pkgs', 'upgrade'];
}

/**
 * Options of `apt-get install NAME:ARCH=VERSION…`, for the dry run, the download and the install: only packages that
 * are there are named, new ones come as dependencies, and a removal that the verb forbids fails instead. A machine that is
 * set to clean up by itself (APT::Get::AutomaticRemove) would refuse every install that may not remove.
 */
export function installOptions(full: boolean): readonly string[] {
  const options = ['--only-upgrade', '--no-auto-remove'];
  return full ? options : [...options, '--no-remove'];
}

/** What to do where a configuration file was changed here and by the new version as well. */
export const CONFFILE_POLICIES = ['keep', 'replace', 'skip'] as const;
export type ConffilePolicy = (typeof CONFFILE_POLICIES)[number];

/** dpkg's options. `noninteractive` alone does not answer its prompts. With `skip`, packages that would ask are left out before. */
export function conffileOptions(policy: ConffilePolicy): readonly string[] {
  return policy === 'replace' ? ['--force-confnew'] : ['--force-confdef', '--force-confold'];
}

const NAME = /^[a-z0-9][a-z0-9+.-]{1,127}$/;
const ARCHITECTURE = /^[a-z0-9][a-z0-9-]{0,31}$/;
const VERSION = /^[0-9][A-Za-z0-9.+~:-]{0,255}$/;

/**
 * True where name, architecture and version are what Debian's policy allows: the only ones that ever reach a command.
 * https://www.debian.org/doc/debian-policy/ch-controlfields.html
 */
export function isSafePackage(one: {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}): boolean {
  return (
    NAME.test(one.name) &&
    ARCHITECTURE.test(one.architecture) &&
    VERSION.test(one.version) &&
    VERSION_SCHEMES.dpkg.isValid(one.version)
  );
}

/** `NAME:ARCH=VERSION`, for packages that `isSafePackage` let pass. */
export function exactPackage(one: {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}): string {
  if (!isSafePackage(one)) throw new Error(`not a package that may reach a command: ${JSON.stringify(one.name)}`);
  return `${one.name}:${one.architecture}=${one.version}`;
}
