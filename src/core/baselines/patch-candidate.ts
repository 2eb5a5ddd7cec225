import { compileGlob } from './glob.ts';
import { quoted } from './issue.ts';

/** One version of one package (or one Windows update), as lists of approved and rejected patches are asked about it. */
export interface PatchCandidate {
  readonly name: string;
  readonly architecture: string;
  /** dpkg: the whole version string. rpm: the version alone, or `[epoch:]version-release` without the fields below. */
  readonly version: string;
  readonly release?: string | null | undefined;
  readonly epoch?: string | null | undefined;
  readonly advisoryIds: readonly string[];
  readonly cves: readonly string[];
  readonly bugzillaIds?: readonly string[] | undefined;
  /** `KB5034441`, with or without its letters. */
  readonly kb?: string | null | undefined;
}

/** A compiled entry of ApprovedPatches or RejectedPatches. */
export interface PatchNameMatcher {
  readonly matches: (candidate: PatchCandidate) => boolean;
}

/** `error` says in words why an entry is none and what is allowed; `suggestion` what was probably meant. */
export type PatchName = PatchNameMatcher | { readonly error: string; readonly suggestion?: string | null };

export function cveId(pattern: string): PatchName {
  const wanted = pattern.toUpperCase();
  if (!/^CVE-(?:[0-9]{4}-(?:[0-9]{4,}|[0-9]*[*?][0-9*?]*)|\*)$/.test(wanted)) {
    return { error: `${quoted(pattern)} is no CVE id: they look like CVE-2024-3094` };
  }
  const glob = compileGlob(wanted);
  return { matches: (of) => of.cves.some((id) => glob.matches(id.toUpperCase())) };
}

/**
 * Prefixes of the advisories of all distributions. Upper case only: `alsa-*` are packages, `ALSA-*` AlmaLinux's
 * security advisories.
 */
const ADVISORY =
  /^(?:DSA|DLA|ELA|USN|LSN|ALAS[A-Z0-9.]*|(?:RH|EL|AL|RL|CE)[SBE]A|FEDORA|SUSE|openSUSE|RUSTSEC|GHSA|ADV)-/;

/** Matches by advisory, or null where the pattern is a package's name. SUSE's patch names are its advisories. */
export function advisoryId(pattern: string): PatchName | null {
  if (!ADVISORY.test(pattern)) return null;
  const glob = compileGlob(pattern);
  return { matches: (of) => of.advisoryIds.some((id) => glob.matches(id)) || glob.matches(of.name) };
}
