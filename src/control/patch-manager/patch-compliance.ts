import { and, asc, eq, ne } from 'drizzle-orm';
import { COMPLIANCE_LEVELS, type ComplianceLevel } from '../../core/baselines/types.ts';
import { isNonCompliant } from '../../core/compliance/summary.ts';
import type { PatchResult } from '../../core/compliance/types.ts';
import type { Database } from '../../store/database.ts';
import { type ComplianceTally, patchResult, patchState } from '../../store/schema/patch.ts';
import { listedBaselineId } from './baseline-id.ts';
import { type PatchStateRow, statusAt, statusReasonsAt } from './patch-status.ts';
import { severityWord, stateWord } from './patch-words.ts';

/** One package (or the doubt about the whole node) as an item of the compliance type `Patch`. */
export interface PatchComplianceItem {
  readonly id: string;
  readonly title: string;
  readonly severity: ComplianceLevel;
  readonly status: 'COMPLIANT' | 'NON_COMPLIANT';
  readonly details: Record<string, string>;
}

/** The patch compliance of a node in short; `counts` are of its items. */
export interface PatchComplianceSummary {
  readonly instanceId: string;
  readonly status: 'COMPLIANT' | 'NON_COMPLIANT';
  /** The highest level among what is not compliant; UNSPECIFIED where everything is. */
  readonly severity: ComplianceLevel;
  readonly counts: ComplianceTally;
  /** When and by what it was found out: the end of the operation, and its snapshot. */
  readonly execution: { readonly time: Date; readonly id: string | null; readonly type: 'Command' };
}

/**
 * Id of the item that stands for a node of which nobody knows how it stands: its evidence failed or is old. AWS has two
 * words, and this one is NON_COMPLIANT, with the reason as its title and `Unknown` as its state.
 */
export const UNKNOWN_ITEM = 'kintsugi:unknown';

/** The items that a node's results make: all packages but those that are not applicable. */
export function tallyOf(patches: readonly Pick<PatchResult, 'state' | 'complianceLevel'>[]): ComplianceTally {
  const tally = { COMPLIANT: zeroes(), NON_COMPLIANT: zeroes() };
  for (const { state, complianceLevel } of patches) {
    if (state !== 'NOT_APPLICABLE') tally[isNonCompliant(state) ? 'NON_COMPLIANT' : 'COMPLIANT'][complianceLevel] += 1;
  }
  return tally;
}

function zeroes(): Record<ComplianceLevel, number> {
  return { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0, UNSPECIFIED: 0 };
}

/** The patch compliance of every node that was ever scanned, or of one, in the order of the ids. */
export async function patchComplianceSummaries(
  db: Database,
  account: string,
  now: Date,
  instanceId?: string,
): Promise<PatchComplianceSummary[]> {
  const rows = await db
    .select()
    .from(patchState)
    .where(
      and(
        eq(patchState.account, account),
        instanceId === undefined ? undefined : eq(patchState.instanceId, instanceId),
      ),
    )
    .orderBy(asc(patchState.instanceId));
  return rows.map((row) => summaryOf(row, now));
}

function summaryOf(row: PatchStateRow, now: Date): PatchComplianceSummary {
  const { COMPLIANT, NON_COMPLIANT } = row.compliance;
  const doubt = statusAt(row, now) === 'UNKNOWN' ? 1 : 0;
  const failing = { ...NON_COMPLIANT, UNSPECIFIED: NON_COMPLIANT.UNSPECIFIED + doubt };
  const worst = COMPLIANCE_LEVELS.find((level) => failing[level] > 0);
  return {
    instanceId: row.instanceId,
    status: worst === undefined ? 'COMPLIANT' : 'NON_COMPLIANT',
    severity: worst ?? 'UNSPECIFIED',
    counts: { COMPLIANT, NON_COMPLIANT: failing },
    execution: { time: row.endedAt, id: row.snapshotId, type: 'Command' },
  };
}

/** The items of one node, a doubt about it first; empty for one that was never scanned. */
export async function patchComplianceItems(
  call: { readonly db: Database; readonly account: string; readonly region: string; readonly now: Date },
  instanceId: string,
): Promise<PatchComplianceItem[]> {
  const { db, account, now } = call;
  const [state] = await db
    .select()
    .from(patchState)
    .where(and(eq(patchState.account, account), eq(patchState.instanceId, instanceId)));
  if (state === undefined) return [];
  const rows = await db
    .select()
    .from(patchResult)
    .where(
      and(
        eq(patchResult.account, account),
        eq(patchResult.instanceId, instanceId),
        ne(patchResult.state, 'NOT_APPLICABLE'),
      ),
    )
    .orderBy(asc(patchResult.name), asc(patchResult.architecture));
  const common = {
    PatchBaselineId: listedBaselineId(state.baselineId, call.region),
    PatchGroup: state.patchGroup,
    DocumentName: 'AWS-RunPatchBaseline',
  };
  const items = rows.map((row) => itemOf(row, common));
  return statusAt(state, now) === 'UNKNOWN' ? [doubtOf(state, now, common), ...items] : items;
}

function itemOf(row: typeof patchResult.$inferSelect, common: Record<string, string>): PatchComplianceItem {
  const { name, architecture, state } = row;
  const id = `${name}.${architecture}`;
  const failing = isNonCompliant(state);
  const cves = row.detail?.cves ?? [];
  return {
    id,
    title: `${id}:${(failing ? row.availableVersion : null) ?? row.installedVersion ?? row.availableVersion ?? ''}`,
    severity: row.complianceLevel,
    status: failing ? 'NON_COMPLIANT' : 'COMPLIANT',
    details: {
      ...common,
      PatchState: stateWord(state),
      Classification: row.classification ?? '',
      PatchSeverity: severityWord(row.severity),
      InstalledTime: row.installedAt?.toISOString() ?? '',
      ...(failing && cves.length > 0 && { CVEIds: cves.join(',') }),
    },
  };
}

function doubtOf(state: PatchStateRow, now: Date, common: Record<string, string>): PatchComplianceItem {
  const reasons = statusReasonsAt(state, now).join(' ');
  return {
    id: UNKNOWN_ITEM,
    title: `Unknown: ${reasons}`.slice(0, 500),
    severity: 'UNSPECIFIED',
    status: 'NON_COMPLIANT',
    details: { ...common, PatchState: 'Unknown' },
  };
}
