import type { ExposureSubject } from '../../core/advisories/exposure-subject.ts';
import type { Advisory } from '../../core/advisories/types.ts';
import type { Database } from '../../store/database.ts';
import type { AdvisorySet } from '../patch-manager/advisory-folder.ts';
import type { ArchiveKnowledge } from '../repositories/repositories.ts';
import { type Finding, findingsOf } from './finding.ts';
import { type FleetNode, fleetOf, type InventoryAge, inventoryAge, type NodeInventory } from './fleet.ts';
import { keptChangelogs } from './kept-changelogs.ts';
import { type Match, matchesOf, type StoredVersion, setsWith, versionsNamed } from './matches.ts';
import { advisoryRanges, changelogRanges, packageRanges, type Range, silentRanges } from './ranges.ts';

export const EXPOSURE_STATUSES = ['AFFECTED', 'UNKNOWN', 'NOT_AFFECTED'] as const;
export type ExposureStatus = (typeof EXPOSURE_STATUSES)[number];

/** Why a node cannot be told to be unaffected, the weightiest first. */
export const UNKNOWN_REASONS = [
  'NEVER_SCANNED',
  'SCAN_UNKNOWN',
  'INVENTORY_OLD',
  'NOTHING_KNOWN',
  'NO_ADVISORIES',
  'VERSION_UNREADABLE',
  'NOT_STATED',
] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

export interface NodeExposure {
  readonly node: FleetNode;
  /** null: there is no inventory. */
  readonly age: InventoryAge | null;
  readonly status: ExposureStatus;
  /** What is affected; of an affected node alone. */
  readonly findings: readonly Finding[];
  /** Of an unknown node alone. */
  readonly reason: UnknownReason | null;
}

export interface Exposure {
  readonly subject: ExposureSubject;
  readonly status: ExposureStatus;
  /** false: the server's files say nothing at all of it. */
  readonly known: boolean;
  readonly advisories: readonly Advisory[];
  /** Every managed node, by id. */
  readonly nodes: readonly NodeExposure[];
}

export interface ExposureSources {
  readonly db: Database;
  readonly account: string;
  readonly now: Date;
  readonly advisories: AdvisorySet;
  readonly archives: ArchiveKnowledge;
}

/** Which nodes a vulnerability, an advisory or a package concerns, by what is stored of them: no node is asked. */
export async function exposureOf(sources: ExposureSources, subject: ExposureSubject): Promise<Exposure> {
  const { db, account, now, archives } = sources;
  const fleet = await fleetOf(db, account);
  const question = questionOf(sources, subject, fleet);
  const matches = await matchesOf(db, account, question.ranges);
  const updates = matches.length === 0 ? [] : await versionsNamed(db, account, matches);
  const known = new Map<number, { match?: Match; update?: StoredVersion }>(
    updates.map((update) => [update.id, { update }]),
  );
  for (const match of matches) known.set(match.id, { ...known.get(match.id), match });
  const sets = await setsWith(db, account, [...known.keys()]);
  const judge = judgeOf(question, archives, now, (set) => (sets.get(set) ?? []).flatMap((id) => known.get(id) ?? []));
  const nodes = fleet.map(judge);
  const { advisories, isKnown } = question;
  const doubt = !isKnown || (subject.kind !== 'package' && sources.advisories.problem !== null);
  return { subject, status: statusOf(nodes, doubt), known: isKnown, advisories, nodes };
}

interface Question {
  readonly ranges: readonly Range[];
  readonly advisories: readonly Advisory[];
  readonly isKnown: boolean;
  /** Whether silence about an ecosystem can mean that its nodes are not affected. */
  readonly reasonFor: (ecosystem: string) => UnknownReason | null;
}

function questionOf(
  { advisories: files }: ExposureSources,
  subject: ExposureSubject,
  fleet: readonly FleetNode[],
): Question {
  const ecosystems = new Set(fleet.flatMap(({ inventory }) => inventory?.ecosystem ?? []));
  if (subject.kind === 'package') {
    return { ranges: packageRanges(subject, ecosystems), advisories: [], isKnown: true, reasonFor: () => null };
  }
  const { index } = files;
  const advisories = subject.kind === 'cve' ? index.byCve(subject.id) : index.byId(subject.id);
  const stated = advisoryRanges(advisories);
  if (subject.kind === 'advisory') {
    const reason = advisories.length === 0 ? 'NOTHING_KNOWN' : null;
    return { ranges: stated, advisories, isKnown: reason === null, reasonFor: () => reason };
  }
  const logged = changelogRanges(subject.id, keptChangelogs(files.changelogs, fleet));
  const spoken = new Set(stated.map(({ ecosystem }) => ecosystem));
  const covered = [...ecosystems].filter((one) => index.coverage.has(one));
  return {
    ranges: [...stated, ...silentRanges(stated, covered), ...logged],
    advisories,
    isKnown: advisories.length > 0 || logged.length > 0,
    reasonFor: (ecosystem) => {
      if (advisories.length === 0) return 'NOTHING_KNOWN';
      return spoken.has(ecosystem) || index.coverage.has(ecosystem) ? null : 'NO_ADVISORIES';
    },
  };
}

type SetContent = readonly { readonly match?: Match; readonly update?: StoredVersion }[];

interface Found {
  readonly findings: readonly Finding[];
  readonly doubt: UnknownReason | null;
}

/** Nodes with the same packages, offered the same, from the same archives are judged once. */
function judgeOf(question: Question, archives: ArchiveKnowledge, now: Date, contentOf: (set: number) => SetContent) {
  const judged = new Map<string, Found>();
  const find = (had: NodeInventory): Found => {
    const key = `${had.packageSet} ${had.updateSet} ${had.architecture} ${had.product} ${had.codename}`;
    const known = judged.get(key);
    if (known !== undefined) return known;
    const matches = contentOf(had.packageSet).flatMap(({ match }) => match ?? []);
    const offered = matches.length === 0 ? [] : contentOf(had.updateSet).flatMap(({ update }) => update ?? []);
    const doubts = new Set(matches.map(({ doubt }) => doubt));
    const doubt = doubts.has('unreadable') ? 'VERSION_UNREADABLE' : doubts.has('silent') ? 'NOT_STATED' : null;
    const found: Found = { findings: findingsOf(matches, offered, had, archives, now), doubt };
    judged.set(key, found);
    return found;
  };
  return (node: FleetNode): NodeExposure => {
    const { inventory } = node;
    if (inventory === null) return { node, age: null, status: 'UNKNOWN', findings: [], reason: 'NEVER_SCANNED' };
    const age = inventoryAge(inventory.gatheredAt, now);
    const { findings, doubt } = find(inventory);
    if (findings.length > 0) return { node, age, status: 'AFFECTED', findings, reason: null };
    const evidence = node.unknown !== null ? 'SCAN_UNKNOWN' : age !== 'FRESH' ? 'INVENTORY_OLD' : null;
    const reason = evidence ?? question.reasonFor(inventory.ecosystem) ?? doubt;
    return { node, age, status: reason === null ? 'NOT_AFFECTED' : 'UNKNOWN', findings, reason };
  };
}

function statusOf(nodes: readonly NodeExposure[], doubt: boolean): ExposureStatus {
  if (nodes.some(({ status }) => status === 'AFFECTED')) return 'AFFECTED';
  // A fleet of nobody has been asked nothing: empty is unknown.
  const isUnknown = doubt || nodes.length === 0 || nodes.some(({ status }) => status === 'UNKNOWN');
  return isUnknown ? 'UNKNOWN' : 'NOT_AFFECTED';
}
