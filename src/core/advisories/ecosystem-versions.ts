import { type SchemeName, VERSION_SCHEMES } from '../versions/schemes.ts';

const APK = new Set(['alpine', 'wolfi', 'chainguard']);
const DPKG = new Set(['debian', 'ubuntu', 'raspbian']);

/** How versions are compared in an OSV ecosystem of Linux packages; what is neither Debian's nor Alpine's is rpm's. */
export function schemeOf(ecosystem: string): SchemeName {
  const family = ecosystem.split(':', 1)[0] ?? '';
  if (DPKG.has(family)) return 'dpkg';
  return APK.has(family) ? 'apk' : 'rpm';
}

/** The comparator of an ecosystem, for `buildKnowledge`. */
export function compareIn(ecosystem: string): (a: string, b: string) => number {
  return VERSION_SCHEMES[schemeOf(ecosystem)].compare;
}
