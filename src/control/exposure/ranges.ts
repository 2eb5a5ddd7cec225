import { affects, isBelowFix, reaches } from '../../core/advisories/affects.ts';
import { changelogStep } from '../../core/advisories/changelog-step.ts';
import { compareIn, schemeOf } from '../../core/advisories/ecosystem-versions.ts';
import type { ExposureSubject } from '../../core/advisories/exposure-subject.ts';
import type { Advisory, AffectedPackage, ChangelogEntry } from '../../core/advisories/types.ts';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';

export interface Edge {
  readonly version: string;
  readonly inclusive: boolean;
}

/** Versions of one package that the question is about, in one ecosystem. */
export interface Range {
  readonly ecosystem: string;
  readonly kind: 'source' | 'binary';
  readonly name: string;
  readonly lower: Edge | null;
  readonly upper: Edge | null;
  /** The advisory that says so; a changelog's version; null: the asker said so. */
  readonly evidence: { readonly kind: 'advisory' | 'changelog'; readonly id: string } | null;
  /** First version that is in order; null: none is known. */
  readonly fixed: string | null;
  /** A package that is in the range cannot be judged: the files speak of it for other releases alone. */
  readonly doubtful: boolean;
  /** What no comparison of keys tells; absent: all that is in the range. */
  readonly accepts?: (installed: Installed) => boolean;
  /** Whether a version is still what the question is about: an update that fixes is not. */
  readonly includes: (installed: Installed) => boolean;
}

export interface Installed {
  readonly architecture: string;
  readonly version: string;
  readonly sourceVersion: string;
}

/** What an advisory says, for its own ecosystems. */
export function advisoryRanges(advisories: Iterable<Advisory>): Range[] {
  return [...advisories].flatMap(({ id, affected }) => affected.map((one) => advisoryRange(id, one)));
}

function advisoryRange(id: string, affected: AffectedPackage): Range {
  const { ecosystem, kind, name, introduced, fixed } = affected;
  const compare = compareIn(ecosystem);
  return {
    ecosystem,
    kind,
    name,
    lower: introduced === undefined ? null : { version: introduced, inclusive: true },
    upper: fixed === null ? null : { version: fixed, inclusive: false },
    evidence: { kind: 'advisory', id },
    fixed,
    doubtful: false,
    accepts: (installed) => reaches(affected, installed),
    includes: (installed) => affects(affected, installed, compare),
  };
}

/**
 * Packages of the same names in ecosystems for which none of the advisories speaks, although the files do speak of
 * them otherwise: Debian gives no DSA for what a point release fixes, so that silence does not mean safety.
 */
export function silentRanges(stated: readonly Range[], ecosystems: Iterable<string>): Range[] {
  const spoken = new Set(stated.map(({ ecosystem }) => ecosystem));
  const names = new Map(stated.map(({ kind, name }) => [`${kind} ${name}`, { kind, name }] as const));
  const silent = [...ecosystems].filter((one) => !spoken.has(one));
  return silent.flatMap((ecosystem) =>
    [...names.values()].map((one) => ({ ...one, ecosystem, ...EVERYTHING, evidence: null, doubtful: true })),
  );
}

const EVERYTHING = { lower: null, upper: null, fixed: null, includes: () => true } as const;

/** A changelog that the server keeps, of the version that some machine of `ecosystem` was offered. */
export interface KeptChangelog {
  readonly ecosystem: string;
  readonly source: string;
  readonly version: string;
  readonly entries: readonly ChangelogEntry[];
}

/** Installed versions from which the step to the changelog's version fixes the CVE. */
export function changelogRanges(cve: string, changelogs: Iterable<KeptChangelog>): Range[] {
  return [...changelogs].flatMap(({ ecosystem, source, version, entries }): Range[] => {
    const named = entries.filter(({ cves }) => cves.includes(cve));
    // The oldest entry that names it is the one that fixes it: later ones speak of the same fix.
    const fixed = named.at(-1)?.version;
    if (fixed === undefined) return [];
    const compare = compareIn(ecosystem);
    const includes = ({ sourceVersion }: Installed) =>
      isBelowFix({ fixed: version }, sourceVersion, compare) &&
      changelogStep(entries, sourceVersion, version, compare).cves.includes(cve);
    return [
      {
        ecosystem,
        kind: 'source',
        name: source,
        lower: null,
        upper: { version, inclusive: false },
        evidence: { kind: 'changelog', id: `${source} ${version}` },
        fixed,
        doubtful: false,
        accepts: includes,
        includes,
      },
    ];
  });
}

/** A package by its name, as a binary and as a source, in every ecosystem of the fleet. */
export function packageRanges(
  { name, bound }: Extract<ExposureSubject, { kind: 'package' }>,
  ecosystems: Iterable<string>,
): Range[] {
  return [...ecosystems].flatMap((ecosystem) => {
    const { lower, upper } = edgesOf(bound);
    const compare = compareIn(ecosystem);
    return (['source', 'binary'] as const).map((kind) => ({
      ecosystem,
      kind,
      name,
      lower,
      upper,
      evidence: null,
      fixed: bound?.operator === '<' ? bound.version : null,
      doubtful: false,
      includes: (one: Installed) =>
        isWithin(lower, upper, kind === 'source' ? one.sourceVersion : one.version, compare),
    }));
  });
}

function edgesOf(bound: Extract<ExposureSubject, { kind: 'package' }>['bound']): {
  lower: Edge | null;
  upper: Edge | null;
} {
  if (bound === null) return { lower: null, upper: null };
  const edge = { version: bound.version, inclusive: bound.operator.includes('=') };
  return {
    lower: bound.operator === '<' || bound.operator === '<=' ? null : edge,
    upper: bound.operator === '>' || bound.operator === '>=' ? null : edge,
  };
}

function isWithin(
  lower: Edge | null,
  upper: Edge | null,
  version: string,
  compare: (a: string, b: string) => number,
): boolean {
  const above = lower === null ? 1 : compare(version, lower.version) + (lower.inclusive ? 0.5 : 0);
  const below = upper === null ? 1 : compare(upper.version, version) + (upper.inclusive ? 0.5 : 0);
  return above > 0 && below > 0;
}

/** The sortable key of an edge; undefined: it is no version where the range is. */
export function edgeKey(ecosystem: string, edge: Edge): string | undefined {
  return VERSION_SCHEMES[schemeOf(ecosystem)].key(edge.version);
}
