import type { Advisory } from '../../core/advisories/types.ts';
import type { Exposure, NodeExposure, UnknownReason } from './exposure.ts';
import type { Finding } from './finding.ts';

/** Nodes of a group that are named; the rest is counted, and ListExposedNodes names all. */
const NAMED_NODES = 10;
const MOST_ADVISORIES = 200;

/** Nodes that have the same versions of a source, with the same fix and the same update. */
export interface ExposureGroup {
  readonly Ecosystem: string;
  readonly Source: string;
  readonly Packages: readonly string[];
  /** Of the source. */
  readonly InstalledVersion: string;
  readonly FixedVersion: string | null;
  readonly Evidence: readonly string[];
  readonly Update: Finding['update'];
  readonly UpdateVersion: string | null;
  readonly NodeCount: number;
  readonly InstanceIds: readonly string[];
}

/** Most nodes first. */
export function groupsOf(nodes: readonly NodeExposure[]): ExposureGroup[] {
  const keys = new Map<Finding, string>();
  const keyOf = (one: Finding) => {
    const known = keys.get(one);
    if (known !== undefined) return known;
    const { match, fixedVersion, update, updateSourceVersion } = one;
    const { ecosystem, source, sourceVersion } = match;
    const key = JSON.stringify([ecosystem, source, sourceVersion, fixedVersion, update, updateSourceVersion]);
    keys.set(one, key);
    return key;
  };
  const groups = new Map<string, { first: Finding; packages: Set<string>; evidence: Set<string>; ids: Set<string> }>();
  for (const { node, findings } of nodes) {
    for (const one of findings) {
      const key = keyOf(one);
      const group = groups.get(key) ?? { first: one, packages: new Set(), evidence: new Set(), ids: new Set() };
      groups.set(key, group);
      group.packages.add(one.match.name);
      for (const id of one.evidence) group.evidence.add(id);
      group.ids.add(node.instanceId);
    }
  }
  const rows = [...groups.values()].map(({ first, packages, evidence, ids }) => ({
    Ecosystem: first.match.ecosystem,
    Source: first.match.source,
    Packages: [...packages].sort(),
    InstalledVersion: first.match.sourceVersion,
    FixedVersion: first.fixedVersion,
    Evidence: [...evidence].sort(),
    Update: first.update,
    UpdateVersion: first.updateSourceVersion,
    NodeCount: ids.size,
    InstanceIds: [...ids].slice(0, NAMED_NODES),
  }));
  return rows.sort((a, b) => b.NodeCount - a.NodeCount || (orderOf(a) < orderOf(b) ? -1 : 1));
}

function orderOf(group: ExposureGroup): string {
  return `${group.Ecosystem} ${group.Source} ${group.InstalledVersion}`;
}

/** Counts of what could not be judged, by reason. */
export function unknownsOf(nodes: readonly NodeExposure[]) {
  const reasons = new Map<UnknownReason, string[]>();
  for (const { node, reason } of nodes) {
    if (reason === null) continue;
    const ids = reasons.get(reason) ?? [];
    reasons.set(reason, ids);
    ids.push(node.instanceId);
  }
  return [...reasons]
    .map(([Reason, ids]) => ({ Reason, NodeCount: ids.length, InstanceIds: ids.slice(0, NAMED_NODES) }))
    .sort((a, b) => b.NodeCount - a.NodeCount);
}

export function countsOf({ nodes }: Exposure) {
  const of = (status: NodeExposure['status']) => nodes.filter((one) => one.status === status).length;
  return {
    Nodes: nodes.length,
    Affected: of('AFFECTED'),
    Unknown: of('UNKNOWN'),
    NotAffected: of('NOT_AFFECTED'),
    /** Affected by an inventory that is old, or of a node whose last scan cannot be relied on. */
    AffectedByOldInventory: nodes.filter(
      ({ status, age, node }) => status === 'AFFECTED' && (age !== 'FRESH' || node.unknown !== null),
    ).length,
  };
}

export function advisoriesOf(advisories: readonly Advisory[]) {
  const rows = new Map(advisories.map((one) => [one.id, one]));
  return [...rows.values()].slice(0, MOST_ADVISORIES).map((one) => ({
    Id: one.id,
    Title: one.title,
    Issued: one.issued,
    Severity: one.severity,
    Cves: one.cves.slice(0, MOST_ADVISORIES),
    Url: one.references[0] ?? null,
  }));
}

/** One node for a page; `states` are those of its last scan by name and architecture. */
export function nodeOf(
  { node, age, status, findings, reason }: NodeExposure,
  stateOf: (name: string, architecture: string) => { state: string; reason: string } | null,
) {
  return {
    InstanceId: node.instanceId,
    Name: node.name,
    Status: status,
    Reason: reason,
    ReasonDetail: reason === 'SCAN_UNKNOWN' || status === 'AFFECTED' ? node.unknown : null,
    InventoryAge: age,
    GatheredAt: node.inventory?.gatheredAt ?? null,
    Product: node.inventory?.product ?? null,
    Findings: findings.map((one) => {
      const scanned = stateOf(one.match.name, one.match.architecture);
      return {
        Package: one.match.name,
        Architecture: one.match.architecture,
        InstalledVersion: one.match.version,
        Source: one.match.source,
        InstalledSourceVersion: one.match.sourceVersion,
        FixedVersion: one.fixedVersion,
        Evidence: one.evidence,
        Update: one.update,
        UpdateVersion: one.updateVersion,
        PatchState: scanned?.state ?? null,
        PatchReason: scanned?.reason ?? null,
      };
    }),
  };
}
