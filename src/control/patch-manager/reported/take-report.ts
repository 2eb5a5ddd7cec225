import { and, eq, inArray, sql } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import { isNonCompliant } from '../../../core/compliance/summary.ts';
import { inventoryItem } from '../../../store/schema/inventory.ts';
import type { Call } from '../../call.ts';
import { findPatchNode } from '../patch-nodes.ts';
import { recordPatchOperation } from '../record-patches.ts';
import { type PatchReport, ReportFault, readReport } from './read-report.ts';

export const REPORT_TYPES = ['AWS:PatchSummary', 'AWS:ComplianceItem'] as const;
/** A clock that is wrong by more would hide every later operation of the node behind a report of the future. */
const CLOCK_SKEW_MS = 15 * 60_000;

/**
 * Makes the two items that patch tooling has just uploaded the node's last operation; both are in the store, also where
 * a hash without content stood for one. In the transaction that keeps them: a report that is not whole is refused with
 * InvalidItemContentException, and nothing of the call is kept. Items that are not of patches are none of it.
 */
export async function takePatchReport(tx: Pick<Call, 'db' | 'account' | 'now'>, instanceId: string): Promise<void> {
  const { db, account, now } = tx;
  const rows = await db
    .select()
    .from(inventoryItem)
    .where(
      and(
        eq(inventoryItem.account, account),
        eq(inventoryItem.instanceId, instanceId),
        inArray(inventoryItem.typeName, [...REPORT_TYPES]),
      ),
    );
  const [summary, items] = REPORT_TYPES.map((type) => rows.find(({ typeName }) => typeName === type));
  if (summary === undefined || items === undefined) return;
  if (items.context !== null && items.context.ComplianceType !== 'Patch') return;
  const report = read(() => readReport(summary.content, items.content));
  if (report.endedAt.getTime() > now.getTime() + CLOCK_SKEW_MS) throw refused('OperationEndTime is in the future');
  const node = await findPatchNode({ db, account }, instanceId);
  if (node?.operatingSystem == null) throw refused('the node has not told which operating system it runs');
  const { counts, patches, installedAt, ...operation } = report;
  const failing = patches.filter(({ state }) => isNonCompliant(state)).length;
  const isRecorded = await recordPatchOperation(db, {
    ...operation,
    account,
    instanceId,
    evaluation: {
      status: failing > 0 ? 'NON_COMPLIANT' : 'COMPLIANT',
      statusReasons: failing > 0 ? [`The node reported ${failing} patches that are not compliant.`] : [],
      counts,
      patches,
    },
    inventory: {
      target: { os: { operatingSystem: node.operatingSystem, product: node.product ?? '' } },
      updates: [],
    },
  });
  if (isRecorded) await dateInstalls(tx, instanceId, report);
}

/** The node knows when each was installed; an operation of ours only dates what it brought itself. */
async function dateInstalls(tx: Pick<Call, 'db' | 'account'>, instanceId: string, report: PatchReport): Promise<void> {
  const dated = report.patches.flatMap(({ name, architecture }, index) => {
    const at = report.installedAt[index];
    return at == null ? [] : [{ name, architecture, at: at.toISOString() }];
  });
  if (dated.length === 0) return;
  await tx.db.execute(sql`
    UPDATE patch_result SET installed_at = told.at
    FROM json_to_recordset(${JSON.stringify(dated)}::json) AS told (name text, architecture text, at timestamptz)
    WHERE patch_result.account = ${tx.account} AND patch_result.instance_id = ${instanceId}
      AND patch_result.name = told.name AND patch_result.architecture = told.architecture`);
}

function read(reading: () => PatchReport): PatchReport {
  try {
    return reading();
  } catch (error) {
    if (error instanceof ReportFault) throw refused(error.message);
    throw error;
  }
}

function refused(why: string): AwsError {
  const fields = { TypeName: 'AWS:ComplianceItem' };
  return new AwsError('InvalidItemContentException', `The report of patches is refused: ${why}.`, { fields });
}
