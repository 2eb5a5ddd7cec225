import { compareIn } from '../../core/advisories/ecosystem-versions.ts';
import { advisedSource } from '../../core/advisories/kernel-source.ts';
import type { ArchiveKnowledge } from '../repositories/repositories.ts';
import type { NodeInventory } from './fleet.ts';
import type { Match, StoredVersion } from './matches.ts';
import type { Installed } from './ranges.ts';

/**
 * `OFFERED`: the node's own package manager offered a version that is in order when the node was last looked at.
 * `PUBLISHED`: the archives have one by now, as the server's indexes know. `NONE`: the indexes are whole and of late, and have
 * none. `UNKNOWN`: the node was not offered one, and no indexes tell more.
 */
export const UPDATE_STATES = ['OFFERED', 'PUBLISHED', 'NONE', 'UNKNOWN'] as const;
export type UpdateState = (typeof UPDATE_STATES)[number];

/** One installed package that the question is about. */
export interface Finding {
  readonly match: Match;
  /** First version that is in order, of the source (of the binary where advisories count those); null: none is known. */
  readonly fixedVersion: string | null;
  /** Ids of advisories; `SOURCE VERSION` of changelogs. */
  readonly evidence: readonly string[];
  readonly update: UpdateState;
  /** The version that is offered or published, of the source and of the binary; null: none that is in order. */
  readonly updateVersion: string | null;
  readonly updateSourceVersion: string | null;
}

/** What is found for nodes with the same packages, offered the same. `now` tells how old the indexes are. */
export function findingsOf(
  matches: readonly Match[],
  offered: readonly StoredVersion[],
  node: NodeInventory,
  archives: ArchiveKnowledge,
  now: Date,
): Finding[] {
  return matches.flatMap((match) => {
    if (match.ranges.length === 0) return [];
    return [{ match, ...fixOf(match), ...updateOf(match, offered, node, archives, now) }];
  });
}

function fixOf(match: Match): Pick<Finding, 'fixedVersion' | 'evidence'> {
  const compare = compareIn(match.ecosystem);
  const [first, ...rest] = match.ranges.map(({ fixed }) => fixed);
  const fixedVersion = rest.reduce<string | null>(
    (highest, one) => (highest === null || one === null ? null : compare(one, highest) > 0 ? one : highest),
    first ?? null,
  );
  const evidence = new Set(match.ranges.flatMap(({ evidence: one }) => one?.id ?? []));
  return { fixedVersion, evidence: [...evidence].sort() };
}

type Update = Pick<Finding, 'update' | 'updateVersion' | 'updateSourceVersion'>;

function updateOf(
  match: Match,
  offered: readonly StoredVersion[],
  node: NodeInventory,
  archives: ArchiveKnowledge,
  now: Date,
): Update {
  const own = offered.find((one) => one.name === match.name && isSameArchitecture(one, match));
  if (own !== undefined && isInOrder(match, own)) return found('OFFERED', own);
  const answer = archives.newest(node, match, now);
  if (answer?.newest) {
    const { sourceVersion } = advisedSource(answer.newest);
    const newest = { ...answer.newest, sourceVersion };
    if (isInOrder(match, newest)) return found('PUBLISHED', newest);
  }
  return { update: answer?.complete === true ? 'NONE' : 'UNKNOWN', updateVersion: null, updateSourceVersion: null };
}

function found(update: UpdateState, { version, sourceVersion }: Installed): Update {
  return { update, updateVersion: version, updateSourceVersion: sourceVersion };
}

/** A question after a package as such, without an end of its versions, takes any newer version for an answer. */
function isInOrder(match: Match, version: Installed): boolean {
  return match.ranges.every((range) => {
    const isOpen = range.evidence === null && range.upper === null;
    return isOpen || !range.includes(version);
  });
}

/** A package may change between `all` and the machine's own architecture from one version to the next. */
function isSameArchitecture(a: StoredVersion, b: StoredVersion): boolean {
  return a.architecture === b.architecture || a.architecture === 'all' || b.architecture === 'all';
}
