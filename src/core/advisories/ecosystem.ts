/** OSV ecosystems. https://ossf.github.io/osv-schema/#defined-ecosystems */

const NAME_SOURCES = new Set(['debian', 'ubuntu', 'raspbian', 'alpine', 'wolfi', 'chainguard']);
const VENDORS: Readonly<Record<string, string>> = {
  almalinux: 'alma',
  'rocky linux': 'rocky',
  'red hat': 'redhat',
  opensuse: 'suse',
};

/**
 * The ecosystem in the form that inventories use: lower case, with its release. Ubuntu's `:LTS` says nothing that the
 * number does not; `Ubuntu:Pro:22.04:LTS` is the same machine with a subscription, and what it can install decides.
 */
export function ecosystemOf(osv: string): string {
  const lower = osv.toLowerCase();
  if (!lower.startsWith('ubuntu:')) return lower;
  return lower.replace(/:lts$/, '').replace(/^ubuntu:pro:(?=[\d.]+$)/, 'ubuntu:');
}

/** Whether advisories of an ecosystem name source or binary packages. */
export function packageKind(ecosystem: string): 'source' | 'binary' {
  return NAME_SOURCES.has(family(ecosystem)) ? 'source' : 'binary';
}

/** Who speaks in an ecosystem's advisories, as `Severity.source` names it. */
export function vendorOf(ecosystem: string): string {
  const name = family(ecosystem);
  return VENDORS[name] ?? name;
}

function family(ecosystem: string): string {
  return ecosystem.split(':', 1)[0] ?? '';
}
