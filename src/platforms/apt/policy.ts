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
/**
 * Lines that are none of these are answered apart: a version or an archive that is passed over in silence could be a
 * security update that nobody misses.
 */
export function parsePolicy(text: string): { policies: PackagePolicy[]; unread: string[] } {
  const policies: Draft[] = [];
  const unread: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const name = /^(\S+):$/.exec(line)?.[1];
    if (name !== undefined) policies.push({ name, installed: null, candidate: null, versions: [] });
    else if (!readLine(line, policies.at(-1))) unread.push(line);
  }
  return { policies, unread };
}

interface Draft extends PackagePolicy {
  installed: string | null;
  candidate: string | null;
  readonly versions: { version: string; phased: number | null; sources: string[] }[];
}

/** Adds a line below a name to what is known of it; false: it is none that apt is known to write. */
function readLine(line: string, current: Draft | undefined): boolean {
  if (current === undefined) return false;
  const [, key, value] = /^ {2}(Installed|Candidate|Package pin): (\S+)$/.exec(line) ?? [];
  if (key === 'Installed') current.installed = version(value);
  if (key === 'Candidate') current.candidate = version(value);
  if (key !== undefined || line === '  Version table:') return true;
  // The priority of an archive is right-aligned behind seven spaces and may take four digits.
  const source = /^ {7,}-?\d+ (\S.*)$/.exec(line)?.[1];
  if (source !== undefined) {
    const newest = current.versions.at(-1);
    newest?.sources.push(source);
    return newest !== undefined;
  }
  const [, word, phased] = /^(?: {5}| \*{3} )(\S+) -?\d+(?: \(phased (\d{1,3})%\))?$/.exec(line) ?? [];
  if (word === undefined) return false;
  current.versions.push({ version: word, phased: phased === undefined ? null : Number(phased), sources: [] });
  return true;
}

function version(word: string | undefined): string | null {
  return word === undefined || word === '(none)' ? null : word;
}
