import { and, eq, isNotNull } from 'drizzle-orm';
import type { ComplianceLevel } from '../../core/baselines/types.ts';
import { type Counts, compliance, type ItemStatus } from '../../store/schema/compliance.ts';
import type { Call } from '../call.ts';
import { patchComplianceSummaries } from '../patch-manager/patch-compliance.ts';
import type { Subject } from './filters.ts';
import { RESOURCE_TYPE } from './put.ts';

/** What the last patch operation of a node found is its patch compliance: there is no second truth of it. */
export const PATCH = 'Patch';

/** How one node stands in one type of compliance. */
export interface ResourceCompliance {
  readonly type: string;
  readonly resourceId: string;
  readonly status: ItemStatus;
  readonly severity: ComplianceLevel;
  readonly counts: Counts;
  readonly execution: { readonly time: Date; readonly id: string | null; readonly type: string | null };
}

export const RESOURCE_KEYS = [
  'ComplianceType',
  'ResourceType',
  'ResourceId',
  'Status',
  'OverallSeverity',
  'ExecutionTime',
  'ExecutionId',
  'ExecutionType',
] as const;

export function subjectOf({ type, resourceId, status, severity, execution }: ResourceCompliance): Subject {
  return {
    ComplianceType: type,
    ResourceType: RESOURCE_TYPE,
    ResourceId: resourceId,
    Status: status,
    OverallSeverity: severity,
    ExecutionTime: execution.time,
    ExecutionId: execution.id,
    ExecutionType: execution.type,
  };
}

/** All of the account: what was put, and what patch operations found, which comes before what was put of patches. */
export async function resourceCompliances(call: Call): Promise<ResourceCompliance[]> {
  const stored = await storedCompliances(call);
  const scans = await patchComplianceSummaries(call.db, call.account, call.now);
  const scanned = new Set(scans.map(({ instanceId }) => instanceId));
  const told = stored.filter(({ type, resourceId }) => type !== PATCH || !scanned.has(resourceId));
  return [...told, ...scans.map(({ instanceId, ...scan }) => ({ ...scan, type: PATCH, resourceId: instanceId }))];
}

async function storedCompliances(call: Call): Promise<ResourceCompliance[]> {
  const rows = await call.db
    .select({
      type: compliance.complianceType,
      resourceId: compliance.resourceId,
      status: compliance.status,
      severity: compliance.severity,
      counts: compliance.counts,
      execution: { time: compliance.executionTime, id: compliance.executionId, type: compliance.executionType },
    })
    .from(compliance)
    .where(and(eq(compliance.account, call.account), isNotNull(compliance.status)));
  return rows.flatMap(({ status, ...row }) => (status === null ? [] : [{ ...row, status }]));
}
