import { and, eq, type SQL, sql } from 'drizzle-orm';
import { EVIDENCE_STALE_AFTER_DAYS } from '../../core/compliance/summary.ts';
import type { ComplianceStatus } from '../../core/compliance/types.ts';
import type { Database } from '../../store/database.ts';
import { patchState } from '../../store/schema/patch.ts';

export type PatchStateRow = typeof patchState.$inferSelect;

export const STALE_MS = EVIDENCE_STALE_AFTER_DAYS * 86_400_000;

/** What a node's last operation says of it at `now`: evidence that is old is UNKNOWN, as one that failed is. */
export function statusAt(row: Pick<PatchStateRow, 'status' | 'endedAt'>, now: Date): ComplianceStatus {
  return now.getTime() - row.endedAt.getTime() > STALE_MS ? 'UNKNOWN' : row.status;
}

/** Why it is so, most important first. */
export function statusReasonsAt(row: Pick<PatchStateRow, 'statusReasons' | 'endedAt'>, now: Date): readonly string[] {
  if (now.getTime() - row.endedAt.getTime() <= STALE_MS) return row.statusReasons;
  const old = `The last operation ended at ${row.endedAt.toISOString()}, more than ${EVIDENCE_STALE_AFTER_DAYS} days ago.`;
  return [old, ...row.statusReasons];
}

/** A node's last operation; null where there was none that told anything. */
export async function lastPatchState(db: Database, account: string, instanceId: string): Promise<PatchStateRow | null> {
  const rows = await db
    .select()
    .from(patchState)
    .where(and(eq(patchState.account, account), eq(patchState.instanceId, instanceId)));
  return rows[0] ?? null;
}

/**
 * AWS has no word for a node of which nobody knows how it stands: its clients take one for compliant when the three
 * counters of what is not are 0. So evidence that is unknown counts as one thing more that is not compliant, and
 * nothing that reads AWS's shapes can take the node for a good one.
 */
export function otherNonCompliantAt(row: PatchStateRow, now: Date): number {
  return row.otherNonCompliant + (statusAt(row, now) === 'UNKNOWN' ? 1 : 0);
}

/** `otherNonCompliantAt` in SQL. */
export function otherNonCompliantSql(now: Date): SQL<number> {
  const limit = sql`${new Date(now.getTime() - STALE_MS).toISOString()}::timestamptz`;
  const unknown = sql`(${patchState.status} = 'UNKNOWN' OR ${patchState.endedAt} < ${limit})`;
  return sql<number>`(${patchState.otherNonCompliant} + CASE WHEN ${unknown} THEN 1 ELSE 0 END)`;
}
