import type { OperatingSystem } from './baselines/types.ts';
import type { Target } from './compliance/inventory.ts';

interface Package {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

const DEBIAN_LIKE: ReadonlySet<OperatingSystem> = new Set<OperatingSystem>(['DEBIAN', 'UBUNTU', 'RASPBIAN']);
const OTHERS: ReadonlySet<OperatingSystem> = new Set<OperatingSystem>(['WINDOWS', 'MACOS']);

/**
 * The package URL of one version of a package on `target`:
 * `pkg:deb/debian/curl@7.88.1-10%2Bdeb12u14?arch=amd64&distro=debian-12`.
 * The epoch of an rpm version is a qualifier, that of a Debian version is part of it.
 * https://github.com/package-url/purl-spec
 */
export function packageUrl(target: Target, { name, architecture, version }: Package): string {
  const { id, versionId, codename, operatingSystem } = target.os;
  const release = versionId || codename;
  const distro = release === '' ? id : `${id}-${release}`;
  if (DEBIAN_LIKE.has(operatingSystem)) {
    return purl('deb', id, name.toLowerCase(), version, { arch: architecture, distro });
  }
  if (OTHERS.has(operatingSystem)) return purl('generic', '', name, version, { arch: architecture, distro });
  const [, epoch = '', rest = version] = /^(\d+):(.*)$/s.exec(version) ?? [];
  return purl('rpm', id, name, rest, { arch: architecture, distro, epoch: epoch === '0' ? '' : epoch });
}

function purl(
  type: string,
  namespace: string,
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string>>,
): string {
  const pairs = Object.entries(qualifiers)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encode(value)}`);
  return [
    `pkg:${type}/`,
    namespace === '' ? '' : `${encode(namespace.toLowerCase())}/`,
    encode(name),
    version === '' ? '' : `@${encode(version)}`,
    pairs.length === 0 ? '' : `?${pairs.join('&')}`,
  ].join('');
}

/**
 * UTF-8 octets as `%XX`, except letters, digits, `.-_~` and the colon, which the specification forbids to encode.
 * Half a surrogate pair has no UTF-8 and becomes U+FFFD.
 */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}
