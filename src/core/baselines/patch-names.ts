import { compileAptName } from './apt-patch-name.ts';
import { isApt } from './filter-vocabulary.ts';
import { compileGlob } from './glob.ts';
import { quoted } from './issue.ts';
import { advisoryId, cveId, type PatchName } from './patch-candidate.ts';
import { compileRpmName } from './rpm-patch-name.ts';
import type { OperatingSystem } from './types.ts';

export type { PatchCandidate, PatchNameMatcher } from './patch-candidate.ts';

/**
 * Compiles one entry of ApprovedPatches or RejectedPatches, in every format that AWS documents and some more:
 * - apt: `name`, `name.arch`, `name:arch`, `name=1.2*`, with shell wildcards; CVE and advisory ids;
 * - rpm: `name`, `name.arch`, `name-version-release.arch` and parts of it, `name=1.2*`, wildcards; CVE, advisory and
 *   Bugzilla ids; SUSE's patch names;
 * - Windows: KB ids, security bulletins (`MS10-048`), CVE ids; macOS: exact names.
 * An entry that could never match anything is an error, not a pattern: a rejection with a slip in it would let through
 * what it was written against.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-approved-rejected-package-name-formats.html
 */
export function compilePatchName(pattern: string, os: OperatingSystem): PatchName {
  if (pattern === '') return { error: 'an entry is empty' };
  if (/\s/.test(pattern)) return { error: `${quoted(pattern)} holds a space: every patch is an entry of its own` };
  if (pattern.includes(',')) return { error: `${quoted(pattern)} holds a comma: every patch is an entry of its own` };
  if (/^cve-/i.test(pattern)) return cveId(pattern);
  if (os === 'WINDOWS') return compileWindowsName(pattern);
  if (os === 'MACOS') return compileMacName(pattern);
  const byAdvisory = advisoryId(pattern);
  if (isApt(os)) return byAdvisory ?? compileAptName(pattern);
  return byAdvisory ?? compileRpmName(pattern);
}

function compileWindowsName(pattern: string): PatchName {
  const article = /^(?:kb)?([0-9]{4,10})$/i.exec(pattern)?.[1];
  if (article !== undefined) {
    return { matches: (of) => of.kb !== undefined && of.kb !== null && of.kb.replace(/^kb/i, '') === article };
  }
  if (/^ms[0-9]{2}-[0-9]{3}$/i.test(pattern)) {
    const bulletin = pattern.toUpperCase();
    return { matches: (of) => of.advisoryIds.some((id) => id.toUpperCase() === bulletin) };
  }
  return { error: `${quoted(pattern)} is no KB id (KB5034441), security bulletin (MS10-048) or CVE id` };
}

/** AWS documents exact names only, so a wildcard is refused instead of being taken for a letter. */
function compileMacName(pattern: string): PatchName {
  if (!compileGlob(pattern).literal)
    return { error: `${quoted(pattern)} holds a wildcard: macOS has exact names only` };
  return { matches: (of) => of.name === pattern || of.advisoryIds.includes(pattern) };
}
