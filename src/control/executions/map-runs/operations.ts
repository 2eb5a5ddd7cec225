import type { DescribeMapRunInput, ListMapRunsInput, UpdateMapRunInput } from '@aws-sdk/client-sfn';
import { and, desc, eq, sql } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { Flush } from '../../../store/durable.ts';
import { execution } from '../../../store/schema/executions.ts';
import { type MapRunRow, mapRun } from '../../../store/schema/map-runs.ts';
import type { Call, Operations } from '../../call.ts';
import { checkMapRunArn, readExecutionArn } from '../../state-machines/arns.ts';
import { next, paged } from '../describe.ts';
import { executionDoesNotExist, mapRunDoesNotExist } from '../errors.ts';
import { mapRunCounts } from './counts.ts';

/** Throws InvalidArn, ResourceNotFound. */
export async function mapRunOf(call: Call, arn: string): Promise<MapRunRow> {
  checkMapRunArn(call, arn);
  const [row] = await call.db
    .select()
    .from(mapRun)
    .where(and(eq(mapRun.arn, arn), eq(mapRun.account, call.account)));
  if (row === undefined) throw mapRunDoesNotExist(arn);
  return row;
}

/** The runs of distributed Maps: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html */
export function mapRunOperations(flush: Flush): Operations {
  return {
    DescribeMapRun: async (call: Call, { mapRunArn = '' }: DescribeMapRunInput) => {
      const described = await describe(call, await mapRunOf(call, mapRunArn));
      await flush();
      return described;
    },
    ListMapRuns: async (call: Call, input: ListMapRunsInput) => {
      const listed = await list(call, input);
      await flush();
      return listed;
    },
    UpdateMapRun: update,
  };
}

async function describe({ db }: Call, row: MapRunRow) {
  return {
    mapRunArn: row.arn,
    executionArn: row.execution,
    status: row.status,
    startDate: row.startedAt,
    ...(row.stoppedAt === null ? {} : { stopDate: row.stoppedAt }),
    maxConcurrency: row.maxConcurrency,
    toleratedFailurePercentage: row.toleratedPercentage,
    toleratedFailureCount: row.toleratedCount,
    ...(await mapRunCounts(db, row)),
    redriveCount: row.redrives,
    ...(row.redrivenAt === null ? {} : { redriveDate: row.redrivenAt }),
  };
}

/** Newest first. Throws ExecutionDoesNotExist, InvalidToken. */
async function list(call: Call, input: ListMapRunsInput) {
  const executionArn = input.executionArn ?? '';
  readExecutionArn(call, executionArn);
  const [parent] = await call.db
    .select({ stateMachineArn: execution.stateMachineArn })
    .from(execution)
    .where(and(eq(execution.arn, executionArn), eq(execution.account, call.account)));
  if (parent === undefined) throw executionDoesNotExist(executionArn);
  const { maxResults, nextToken } = input;
  const asked = {
    ...(maxResults === undefined ? {} : { maxResults }),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
  const keyOf = (row: MapRunRow) => [row.startedAt.getTime(), row.arn] as const;
  const paging = { list: JSON.stringify(['ListMapRuns', executionArn]), size: 100, keyOf };
  const found = await paged(call, asked, paging, (after, limit) =>
    call.db
      .select()
      .from(mapRun)
      .where(
        and(
          eq(mapRun.execution, executionArn),
          after === null
            ? undefined
            : sql`(${mapRun.startedAt}, ${mapRun.arn}) < (${new Date(after[0] as number)}, ${after[1]})`,
        ),
      )
      .orderBy(desc(mapRun.startedAt), desc(mapRun.arn))
      .limit(limit),
  );
  const mapRuns = found.items.map((row) => ({
    executionArn: row.execution,
    mapRunArn: row.arn,
    stateMachineArn: `${parent.stateMachineArn}/${row.label}`,
    startDate: row.startedAt,
    ...(row.stoppedAt === null ? {} : { stopDate: row.stoppedAt }),
  }));
  return { mapRuns, ...next(found) };
}

/** What a run that goes on is bound by from now on. Throws InvalidArn, ResourceNotFound, ValidationException. */
async function update(call: Call, input: UpdateMapRunInput) {
  const { arn } = await mapRunOf(call, input.mapRunArn ?? '');
  const { maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = input;
  if ([maxConcurrency, toleratedFailureCount, toleratedFailurePercentage].every((one) => one === undefined))
    throw new AwsError(
      'ValidationException',
      'At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified',
    );
  const { rows } = await call.db.execute(sql`
    UPDATE map_run SET
      max_concurrency = coalesce(${maxConcurrency ?? null}::int, max_concurrency),
      tolerated_count = coalesce(${toleratedFailureCount ?? null}::int, tolerated_count),
      tolerated_percentage = coalesce(${toleratedFailurePercentage ?? null}::float8, tolerated_percentage)
    WHERE arn = ${arn} AND status = 'RUNNING' RETURNING pg_notify('kintsugi_map_run', arn)`);
  if (rows.length === 0) throw new AwsError('ValidationException', 'A Map Run that has ended cannot be updated');
  return {};
}
