/** What `apt-cache policy NAME…` says of one package. */
export interface PackagePolicy {
  /** `curl`, or `libc6:i386` for a foreign architecture. */
  readonly name: string;
  readonly installed: string | null;
  readonly candidate: string | null;
  readonly versions: readonly PolicyVersion[];
}

export interface PolicyVersion {
  readonly version: string;
  /** Percentage of machines that are offered this version; null: all. */
  readonly phased: number | null;
  /** The archives that have it, as `URI suite/component arch Packages`. */
  readonly sources: readonly string[];
}

/*
 * curl:
 *   Installed: 7.88.1-10+deb12u14
 *   Candidate: 7.88.1-10+deb12u15
 *   Version table:
 *      7.88.1-10+deb12u15 500 (phased 20%)
 *         500 http://mirror.example/debian bookworm/main amd64 Packages
 *  *** 7.88.1-10+deb12u14 100
 *         100 /var/lib/dpkg/status
 */
export function parsePolicy(text: string): PackagePolicy[] {
  const packages: PackagePolicy[] = [];
  let current: { name: string; installed: string | null; candidate: string | null; versions: PolicyVersion[] } | null =
    null;
  let sources: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line[0] !== ' ') {
      current = { name: line.replace(/:$/, ''), installed: null, candidate: null, versions: [] };
      packages.push(current);
    } else if (current === null) {
    } else if (line.startsWith('  Installed: ')) {
      current.installed = version(line.slice(13));
    } else if (line.startsWith('  Candidate: ')) {
      current.candidate = version(line.slice(13));
    } else if (line.startsWith('        ')) {
      const source = line.trimStart();
      sources.push(source.slice(source.indexOf(' ') + 1));
    } else if (line.startsWith('     ') || line.startsWith(' *** ')) {
      const [name = '', , ...rest] = line.slice(5).split(' ');
      const phased = /^\(phased (\d{1,3})%\)$/.exec(rest.join(' '));
      sources = [];
      current.versions.push({ version: name, phased: phased === null ? null : Number(phased[1]), sources });
    }
  }
  return packages;
}

function version(word: string): string | null {
  return word === '(none)' ? null : word;
}
