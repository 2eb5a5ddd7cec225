import type {
  DescribeInstancePatchStatesForPatchGroupRequest,
  DescribeInstancePatchStatesForPatchGroupResult,
  DescribeInstancePatchStatesRequest,
  DescribeInstancePatchStatesResult,
  InstancePatchState,
  InstancePatchStateFilter,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import { patchState } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { type PageRequest, page } from '../../paging.ts';
import { listedBaselineId } from '../baseline-id.ts';
import { otherNonCompliantAt, otherNonCompliantSql, type PatchStateRow } from '../patch-status.ts';

/** Nodes without a patch operation, and ids that are no node's, are left out. Errors: InvalidNextToken. */
export async function DescribeInstancePatchStates(
  call: Call,
  input: DescribeInstancePatchStatesRequest,
): Promise<DescribeInstancePatchStatesResult> {
  const ids = [...new Set(input.InstanceIds ?? [])].sort();
  const condition = sql`${patchState.instanceId} = ANY(${sql.param(ids)}::text[])`;
  const { states, NextToken } = await pageOfStates(call, input, `states ${ids.join()}`, [condition]);
  return { InstancePatchStates: states, ...(NextToken !== undefined && { NextToken }) };
}

/** The nodes whose last operation was for a patch group. Errors: InvalidFilter, InvalidNextToken. */
export async function DescribeInstancePatchStatesForPatchGroup(
  call: Call,
  input: DescribeInstancePatchStatesForPatchGroupRequest,
): Promise<DescribeInstancePatchStatesForPatchGroupResult> {
  const { PatchGroup = '', Filters = [] } = input;
  const conditions = [eq(patchState.patchGroup, PatchGroup), ...Filters.map((filter) => condition(filter, call.now))];
  const list = `states of ${JSON.stringify([PatchGroup, Filters])}`;
  const { states, NextToken } = await pageOfStates(call, input, list, conditions);
  return { InstancePatchStates: states, ...(NextToken !== undefined && { NextToken }) };
}

async function pageOfStates(call: Call, input: PageRequest, list: string, conditions: readonly SQL[]) {
  const paging = { list, size: 100, keyOf: (row: PatchStateRow) => [row.instanceId] };
  const { items, NextToken } = await page(call, input, paging, (after, limit) =>
    call.db
      .select()
      .from(patchState)
      .where(
        and(
          eq(patchState.account, call.account),
          ...conditions,
          after === null ? undefined : gt(patchState.instanceId, String(after[0])),
        ),
      )
      .orderBy(asc(patchState.instanceId))
      .limit(limit),
  );
  return { states: items.map((row) => instancePatchState(row, call)), NextToken };
}

const COUNTERS = {
  InstalledCount: patchState.installed,
  InstalledOtherCount: patchState.installedOther,
  InstalledPendingRebootCount: patchState.installedPendingReboot,
  InstalledRejectedCount: patchState.installedRejected,
  MissingCount: patchState.missing,
  FailedCount: patchState.failed,
  NotApplicableCount: patchState.notApplicable,
  UnreportedNotApplicableCount: patchState.unreportedNotApplicable,
  AvailableSecurityUpdateCount: patchState.availableSecurityUpdate,
  CriticalNonCompliantCount: patchState.criticalNonCompliant,
  SecurityNonCompliantCount: patchState.securityNonCompliant,
} as const;

const OPERATORS = {
  Equal: sql`=`,
  NotEqual: sql`<>`,
  LessThan: sql`<`,
  GreaterThan: sql`>`,
} as const;

function condition({ Key = '', Values = [], Type }: InstancePatchStateFilter, now: Date): SQL {
  const counter = Object.hasOwn(COUNTERS, Key) ? COUNTERS[Key as keyof typeof COUNTERS] : null;
  const left = Key === 'OtherNonCompliantCount' ? otherNonCompliantSql(now) : counter;
  const [value = ''] = Values;
  if (left === null) {
    const keys = [...Object.keys(COUNTERS), 'OtherNonCompliantCount'].join(', ');
    throw new AwsError('InvalidFilter', `The filter key ${Key} is not valid. Valid keys: ${keys}`);
  }
  if (!/^[0-9]{1,9}$/.test(value))
    throw new AwsError('InvalidFilter', `The value of the filter ${Key} must be a whole number that is 0 or greater.`);
  if (Type === undefined) throw new AwsError('InvalidFilter', `The filter ${Key} has no type.`);
  return sql`${left} ${OPERATORS[Type]} ${Number(value)}`;
}

/** The counters of a node as AWS answers them. */
export function instancePatchState(row: PatchStateRow, call: Pick<Call, 'now' | 'region'>): InstancePatchState {
  return {
    InstanceId: row.instanceId,
    PatchGroup: row.patchGroup,
    BaselineId: listedBaselineId(row.baselineId, call.region),
    ...(row.snapshotId !== null && { SnapshotId: row.snapshotId }),
    ...(row.installOverrideList !== null && { InstallOverrideList: row.installOverrideList }),
    InstalledCount: row.installed,
    InstalledOtherCount: row.installedOther,
    InstalledPendingRebootCount: row.installedPendingReboot,
    InstalledRejectedCount: row.installedRejected,
    MissingCount: row.missing,
    FailedCount: row.failed,
    UnreportedNotApplicableCount: row.unreportedNotApplicable,
    NotApplicableCount: row.notApplicable,
    AvailableSecurityUpdateCount: row.availableSecurityUpdate,
    OperationStartTime: row.startedAt,
    OperationEndTime: row.endedAt,
    Operation: row.operation,
    ...(row.lastNoRebootInstallAt !== null && { LastNoRebootInstallOperationTime: row.lastNoRebootInstallAt }),
    ...(row.rebootOption !== null && { RebootOption: row.rebootOption }),
    CriticalNonCompliantCount: row.criticalNonCompliant,
    SecurityNonCompliantCount: row.securityNonCompliant,
    OtherNonCompliantCount: otherNonCompliantAt(row, call.now),
  };
}
