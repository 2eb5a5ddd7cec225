import { compileGlob } from './glob.ts';
import type { PatchFilter, PatchFilterGroup, PatchFilterKey } from './types.ts';

/**
 * What filters can ask about one available patch, in AWS's words where AWS has words (`Security`, `Critical`).
 * null: not known, which is never equal to a value that somebody asked for.
 */
export interface PatchAttributes {
  /** `Debian12`, `RedhatEnterpriseLinux9.4`, `WindowsServer2022`. */
  readonly product: string;
  readonly productFamily?: string | null | undefined;
  readonly classification: string | null;
  readonly severity: string | null;
  /** dpkg's Priority, lower case as archives write it. */
  readonly priority: string | null;
  /** dpkg's Section, with its component: `net`, `universe/net`. */
  readonly section: string | null;
  readonly arch: string;
  readonly name: string;
  readonly version: string;
  readonly release?: string | null | undefined;
  readonly epoch?: string | null | undefined;
  readonly repository?: string | null | undefined;
  readonly advisoryIds: readonly string[];
  readonly cves: readonly string[];
  readonly bugzillaIds?: readonly string[] | undefined;
  readonly security: boolean;
  readonly patchSet?: string | null | undefined;
  readonly msrcSeverity?: string | null | undefined;
  readonly patchId?: string | null | undefined;
}

type Answer = string | readonly string[] | null | undefined;

const ATTRIBUTE: Readonly<Record<PatchFilterKey, (of: PatchAttributes) => Answer>> = {
  ARCH: (of) => of.arch,
  ADVISORY_ID: (of) => of.advisoryIds,
  BUGZILLA_ID: (of) => of.bugzillaIds,
  PATCH_SET: (of) => of.patchSet,
  PRODUCT: (of) => of.product,
  PRODUCT_FAMILY: (of) => of.productFamily,
  CLASSIFICATION: (of) => of.classification,
  CVE_ID: (of) => of.cves,
  EPOCH: (of) => of.epoch,
  MSRC_SEVERITY: (of) => of.msrcSeverity,
  NAME: (of) => of.name,
  PATCH_ID: (of) => of.patchId,
  SECTION: (of) => of.section,
  PRIORITY: (of) => of.priority,
  REPOSITORY: (of) => of.repository,
  RELEASE: (of) => of.release,
  SEVERITY: (of) => of.severity,
  SECURITY: (of) => String(of.security),
  VERSION: (of) => of.version,
};

/** A value as it is compared: case does not count, and the two words for the middle severity are one. */
export function comparable(key: PatchFilterKey, value: string): string {
  const lower = value.toLowerCase();
  return lower === 'medium' && (key === 'SEVERITY' || key === 'MSRC_SEVERITY') ? 'moderate' : lower;
}

export type GroupMatcher = (attributes: PatchAttributes) => boolean;

/**
 * Filters of different keys are ANDed, the values of one are ORed; `*` matches all, also what is not known, and a
 * group without filters matches everything. Values may hold shell wildcards (`Debian*`).
 */
function compileGroup(group: PatchFilterGroup): GroupMatcher {
  const matchers = group.PatchFilters.map(compileFilter);
  return (attributes) => matchers.every((matches) => matches(attributes));
}

function compileFilter(filter: PatchFilter): GroupMatcher {
  const { Key: key } = filter;
  const attribute = ATTRIBUTE[key];
  if (filter.Values.includes('*')) return () => true;
  const globs = filter.Values.map((value) => compileGlob(comparable(key, value)));
  const matchesOne = (value: string) => {
    const compared = comparable(key, value);
    return globs.some((glob) => glob.matches(compared));
  };
  return (attributes) => {
    const answer = attribute(attributes);
    if (answer === null || answer === undefined) return false;
    return typeof answer === 'string' ? matchesOne(answer) : answer.some(matchesOne);
  };
}

const compiled = new WeakMap<PatchFilterGroup, GroupMatcher>();

/** True when the patch passes the group. A group is compiled once, however many packages are asked about. */
export function matchesGroup(group: PatchFilterGroup, attributes: PatchAttributes): boolean {
  let matcher = compiled.get(group);
  if (matcher === undefined) {
    matcher = compileGroup(group);
    compiled.set(group, matcher);
  }
  return matcher(attributes);
}

/**
 * The key by which no patch can pass both groups, or null where some patch may. Two patterns with wildcards are
 * taken to overlap: better no warning than a wrong one.
 */
export function disjointKey(a: PatchFilterGroup, b: PatchFilterGroup): PatchFilterKey | null {
  for (const left of a.PatchFilters) {
    for (const right of b.PatchFilters) {
      // One patch has many advisories, CVEs and bugs: it can have one of each side.
      if (left.Key !== right.Key || /^(ADVISORY|CVE|BUGZILLA)_ID$/.test(left.Key)) continue;
      if (!left.Values.some((one) => right.Values.some((other) => mayOverlap(left.Key, one, other)))) return left.Key;
    }
  }
  return null;
}

function mayOverlap(key: PatchFilterKey, one: string, other: string): boolean {
  const [a, b] = [comparable(key, one), comparable(key, other)];
  const [globA, globB] = [compileGlob(a), compileGlob(b)];
  return globA.matches(b) || globB.matches(a) || (!globA.literal && !globB.literal);
}
