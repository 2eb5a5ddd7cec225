import type { DescribePatchGroupStateRequest, DescribePatchGroupStateResult } from '@aws-sdk/client-ssm';
import { and, eq, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { patchState } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { nodesOfPatchGroup } from '../patch-nodes.ts';
import { otherNonCompliantSql } from '../patch-status.ts';

/**
 * How many nodes of a patch group are in which state. The nodes are those that the tag puts into the group now and
 * those whose last operation was for it. A node that was never scanned, whose last scan failed, or is old, counts under
 * InstancesWithOtherNonCompliantPatches: unknown is never compliant.
 */
export async function DescribePatchGroupState(
  call: Call,
  { PatchGroup = '' }: DescribePatchGroupStateRequest,
): Promise<DescribePatchGroupStateResult> {
  const tagged = await nodesOfPatchGroup(call.db, call.account, PatchGroup);
  const ids = sql.param(tagged);
  const some = (column: PgColumn) => sql<number>`count(*) FILTER (WHERE ${column} > 0)::integer`;
  const [counted] = await call.db
    .select({
      Instances: sql<number>`count(*)::integer`,
      scannedOfTagged: sql<number>`count(*) FILTER (WHERE ${patchState.instanceId} = ANY(${ids}::text[]))::integer`,
      InstancesWithInstalledPatches: some(patchState.installed),
      InstancesWithInstalledOtherPatches: some(patchState.installedOther),
      InstancesWithInstalledPendingRebootPatches: some(patchState.installedPendingReboot),
      InstancesWithInstalledRejectedPatches: some(patchState.installedRejected),
      InstancesWithMissingPatches: some(patchState.missing),
      InstancesWithFailedPatches: some(patchState.failed),
      InstancesWithNotApplicablePatches: some(patchState.notApplicable),
      InstancesWithUnreportedNotApplicablePatches: some(patchState.unreportedNotApplicable),
      InstancesWithCriticalNonCompliantPatches: some(patchState.criticalNonCompliant),
      InstancesWithSecurityNonCompliantPatches: some(patchState.securityNonCompliant),
      InstancesWithOtherNonCompliantPatches: sql<number>`count(*) FILTER (WHERE ${otherNonCompliantSql(call.now)} > 0)::integer`,
      InstancesWithAvailableSecurityUpdates: some(patchState.availableSecurityUpdate),
    })
    .from(patchState)
    .where(
      and(
        eq(patchState.account, call.account),
        sql`(${patchState.patchGroup} = ${PatchGroup} OR ${patchState.instanceId} = ANY(${ids}::text[]))`,
      ),
    );
  if (counted === undefined) throw new Error('a count has one row');
  const { scannedOfTagged, ...counts } = counted;
  const neverScanned = tagged.length - scannedOfTagged;
  return {
    ...counts,
    Instances: counts.Instances + neverScanned,
    InstancesWithOtherNonCompliantPatches: counts.InstancesWithOtherNonCompliantPatches + neverScanned,
  };
}
