import { isBelowFix, sameArchitecture } from './affects.ts';
import { changelogStep } from './changelog-step.ts';
import { advisedSource } from './kernel-source.ts';
import { sameModule } from './module-stream.ts';
import type {
  Advisory,
  AffectedPackage,
  ChangelogEntry,
  EpssScore,
  Knowledge,
  KnownExploited,
  UpdateQuery,
} from './types.ts';

/** Order of two versions: negative, 0 or positive. */
export type CompareVersions = (a: string, b: string) => number;

export interface KnowledgeInput {
  readonly advisories: Iterable<Advisory>;
  readonly exploited: Iterable<KnownExploited>;
  readonly epss: Iterable<EpssScore>;
  /** Changelogs by source package, newest entry first. A source that is not in it was not read. */
  readonly changelogs?: ReadonlyMap<string, readonly ChangelogEntry[]>;
  /** The order of versions in an ecosystem: dpkg's for `debian:12`. */
  readonly compare: (ecosystem: string) => CompareVersions;
}

/** What is known where nobody gave any data. */
export const EMPTY_KNOWLEDGE: Knowledge = {
  fixedBy: () => [],
  changelog: () => null,
  exploited: () => null,
  epss: () => null,
};

interface Fix {
  readonly advisory: Advisory;
  readonly affected: AffectedPackage & { readonly fixed: string };
}

/** Indexes advisories by ecosystem and package, so that a question costs no more than that package has advisories. */
export function buildKnowledge(input: KnowledgeInput): Knowledge {
  const fixes = fixesByPackage(input.advisories);
  const exploited = new Map([...input.exploited].map((one) => [one.cve, one]));
  const epss = new Map([...input.epss].map((one) => [one.cve, one]));
  return {
    fixedBy(asked) {
      const query = withAdvisedSource(asked);
      const compare = input.compare(query.ecosystem);
      const candidates = [
        ...(fixes.get(packageKey(query.ecosystem, 'source', query.source)) ?? []),
        ...(fixes.get(packageKey(query.ecosystem, 'binary', query.name)) ?? []),
      ];
      const found = candidates.filter(({ affected }) => isFixed(affected, query, compare));
      return newestFirst(found.map(({ advisory }) => advisory));
    },
    changelog(query) {
      const compare = input.compare(query.ecosystem);
      const entries = input.changelogs?.get(query.source);
      // A changelog that does not reach the available version (the installed package's own, say) tells nothing of the step.
      if (!entries?.some((entry) => compare(entry.version, query.availableSourceVersion) === 0)) return null;
      return changelogStep(entries, query.installedSourceVersion, query.availableSourceVersion, compare);
    },
    exploited: (cve) => exploited.get(cve.toUpperCase()) ?? null,
    epss: (cve) => epss.get(cve.toUpperCase()) ?? null,
  };
}

/** As advisories name the source: a signed kernel's is `linux`. */
function withAdvisedSource(query: UpdateQuery): UpdateQuery {
  const of = (version: string, sourceVersion: string) =>
    advisedSource({ source: query.source, sourceVersion, version });
  const available = of(query.availableVersion, query.availableSourceVersion);
  if (available.source === query.source) return query;
  return {
    ...query,
    source: available.source,
    availableSourceVersion: available.sourceVersion,
    installedSourceVersion: query.installedVersion ?? query.installedSourceVersion,
  };
}

function fixesByPackage(advisories: Iterable<Advisory>): ReadonlyMap<string, readonly Fix[]> {
  const fixes = new Map<string, Fix[]>();
  for (const advisory of advisories) {
    for (const affected of advisory.affected) {
      const { fixed } = affected;
      if (fixed === null) continue;
      const key = packageKey(affected.ecosystem, affected.kind, affected.name);
      const known = fixes.get(key);
      const fix = { advisory, affected: { ...affected, fixed } };
      if (known === undefined) fixes.set(key, [fix]);
      else known.push(fix);
    }
  }
  return fixes;
}

function packageKey(ecosystem: string, kind: 'source' | 'binary', name: string): string {
  return `${ecosystem}\n${kind}\n${name}`;
}

/** installed < fixed <= available, on the versions of the source or of the binary as the advisory counts them. */
function isFixed(affected: Fix['affected'], query: UpdateQuery, compare: CompareVersions): boolean {
  const source = affected.kind === 'source';
  const installed = source ? query.installedSourceVersion : query.installedVersion;
  const available = source ? query.availableSourceVersion : query.availableVersion;
  if (installed === null || query.installedVersion === null) return false;
  if (!sameArchitecture(affected.architecture, query.architecture) || !sameModule(affected, query)) return false;
  return isBelowFix(affected, installed, compare) && compare(affected.fixed, available) <= 0;
}

/** Each id once, newest issue first; those without a date come last. */
function newestFirst(advisories: readonly Advisory[]): readonly Advisory[] {
  const byId = new Map<string, Advisory>();
  for (const advisory of advisories) {
    const known = byId.get(advisory.id);
    // The same advisory may come from two sources: the one that has a severity says more.
    if (known === undefined || (known.severity === null && advisory.severity !== null)) byId.set(advisory.id, advisory);
  }
  return [...byId.values()].sort((a, b) => issuedAt(b) - issuedAt(a) || (a.id < b.id ? -1 : 1));
}

function issuedAt({ issued }: Advisory): number {
  return issued === null ? 0 : Date.parse(issued);
}
