import { sortCves } from './cve.ts';
import type { ChangelogEntry, ChangelogEvidence } from './types.ts';

const URGENCIES = ['low', 'medium', 'high', 'emergency', 'critical'];

type Compare = (a: string, b: string) => number;

/**
 * What the changelog of the available version says about the step from the installed one. `entries` are in file
 * order, newest first; versions are those of the source package.
 *
 * The step is every entry from the available version down to the installed one that is newer than the latter. Going
 * by position matters for `1.2-1~deb12u1`: it contains `1.2-1`, which stands below it and yet compares as newer.
 * Entries above the available version are not in it. Where the changelog lacks the available version, only
 * installed < version <= available count. A package that is not installed takes no step and so fixes no CVE.
 */
export function changelogStep(
  entries: readonly ChangelogEntry[],
  installedSourceVersion: string | null,
  availableSourceVersion: string,
  compare: Compare,
): ChangelogEvidence {
  const first = entries.findIndex((entry) => compare(entry.version, availableSourceVersion) === 0);
  const below =
    first < 0 ? entries.filter((entry) => compare(entry.version, availableSourceVersion) < 0) : entries.slice(first);
  if (installedSourceVersion === null) return evidenceOf(below.slice(0, first < 0 ? 0 : 1), []);
  const last = below.findIndex((entry) => compare(entry.version, installedSourceVersion) === 0);
  const step = (last < 0 ? below : below.slice(0, last)).filter(
    (entry) => compare(entry.version, installedSourceVersion) > 0,
  );
  return evidenceOf(step, sortCves(step.flatMap((entry) => entry.cves)));
}

function evidenceOf(step: readonly ChangelogEntry[], cves: readonly string[]): ChangelogEvidence {
  const urgency = Math.max(-1, ...step.map((entry) => URGENCIES.indexOf(entry.urgency ?? '')));
  return {
    cves,
    urgency: URGENCIES[urgency] ?? null,
    distributions: [...new Set(step.flatMap((entry) => entry.distributions))],
    date: step[0]?.date ?? null,
  };
}
