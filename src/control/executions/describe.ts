import { and, desc, eq, sql } from 'drizzle-orm';
import { machineText } from '../../core/states-language/definition/parse.ts';
import { type ExecutionRow, execution, workflowDefinition } from '../../store/schema/executions.ts';
import { type Page, page } from '../paging.ts';
import { executionDoesNotExist, invalidToken, typeNotSupported } from './errors.ts';
import { fitting, type ReadEvent, readEvents } from './history.ts';
import { unpack } from './payloads.ts';
import type { UseCase } from './start.ts';
import { notRedrivable } from './stop.ts';

async function rowOf({ db, account }: UseCase, arn: string): Promise<ExecutionRow> {
  const [row] = await db
    .select()
    .from(execution)
    .where(and(eq(execution.arn, arn), eq(execution.account, account)));
  if (row === undefined) throw executionDoesNotExist(arn);
  return row;
}

/** The shape of AWS's DescribeExecution. Throws ExecutionDoesNotExist. */
export async function describeExecution(
  call: UseCase,
  input: { readonly executionArn: string; readonly includedData?: 'ALL_DATA' | 'METADATA_ONLY' },
): Promise<Record<string, unknown>> {
  const row = await rowOf(call, input.executionArn);
  const included = input.includedData !== 'METADATA_ONLY';
  const reason = notRedrivable(row, call.now);
  return {
    ...summary(row),
    ...(included ? { input: await unpack<string>(call.db, row.arn, row.input) } : {}),
    inputDetails: { included },
    ...(row.output === null
      ? {}
      : {
          ...(included ? { output: await unpack<string>(call.db, row.arn, row.output) } : {}),
          outputDetails: { included },
        }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.cause === null ? {} : { cause: row.cause }),
    redriveStatus: reason !== null ? 'NOT_REDRIVABLE' : row.mapRun === null ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(reason === null ? {} : { redriveStatusReason: reason }),
  };
}

function summary(row: ExecutionRow): Record<string, unknown> {
  return {
    executionArn: row.arn,
    stateMachineArn: row.stateMachineArn,
    name: row.name,
    status: row.status,
    startDate: row.startedAt,
    ...(row.stoppedAt === null ? {} : { stopDate: row.stoppedAt }),
    redriveCount: row.redrives,
    ...(row.redrivenAt === null ? {} : { redriveDate: row.redrivenAt }),
    ...(row.versionArn === null ? {} : { stateMachineVersionArn: row.versionArn }),
    ...(row.aliasArn === null ? {} : { stateMachineAliasArn: row.aliasArn }),
    ...(row.mapRun === null ? {} : { mapRunArn: row.mapRun }),
  };
}

/** What DescribeStateMachineForExecution needs: the definition that it runs. Throws ExecutionDoesNotExist. */
export async function definitionOf(
  call: UseCase,
  input: { readonly executionArn: string },
): Promise<{ readonly row: ExecutionRow; readonly definition: string }> {
  const row = await rowOf(call, input.executionArn);
  const [found] = await call.db
    .select()
    .from(workflowDefinition)
    .where(and(eq(workflowDefinition.account, row.account), eq(workflowDefinition.hash, row.definitionHash)));
  if (found === undefined) throw new Error(`no definition ${row.definitionHash}`);
  const { definition } = found;
  return { row, definition: row.machine === 0 ? definition : machineText(definition, row.machine) };
}

export interface ListExecutionsInput {
  /** A state machine, a version, an alias, or a map run. */
  readonly of: string;
  readonly statusFilter?: string;
  readonly redriveFilter?: 'REDRIVEN' | 'NOT_REDRIVEN';
  readonly maxResults?: number;
  readonly nextToken?: string;
}

/** Newest first. The caller has checked that the state machine or map run is there. Throws InvalidToken. */
export async function listExecutions(
  call: UseCase,
  input: ListExecutionsInput,
): Promise<{ executions: Record<string, unknown>[]; nextToken?: string }> {
  const { of, statusFilter, redriveFilter } = input;
  const list = JSON.stringify(['ListExecutions', of, statusFilter ?? null, redriveFilter ?? null]);
  const keyOf = (row: ExecutionRow) => [row.startedAt.getTime(), row.arn] as const;
  const found = await paged(call, input, { list, size: 100, keyOf }, (after, limit) =>
    call.db
      .select()
      .from(execution)
      .where(
        and(
          eq(execution.account, call.account),
          of.includes(':mapRun:')
            ? eq(execution.mapRun, of)
            : sql`(${execution.stateMachineArn} = ${of} OR ${execution.versionArn} = ${of} OR ${execution.aliasArn} = ${of})`,
          statusFilter === undefined ? undefined : sql`${execution.status} = ${statusFilter}`,
          redriveFilter === undefined ? undefined : sql`(${execution.redrives} > 0) = ${redriveFilter === 'REDRIVEN'}`,
          after === null
            ? undefined
            : sql`(${execution.startedAt}, ${execution.arn}) < (${new Date(after[0] as number)}, ${after[1]})`,
        ),
      )
      .orderBy(desc(execution.startedAt), desc(execution.arn))
      .limit(limit),
  );
  return { executions: found.items.map(listed), ...next(found) };
}

function listed(row: ExecutionRow): Record<string, unknown> {
  return { ...summary(row), ...(row.mapItems === null ? {} : { itemCount: row.mapItems }) };
}

export interface HistoryInput {
  readonly executionArn: string;
  readonly maxResults?: number;
  readonly reverseOrder?: boolean;
  readonly nextToken?: string;
  /** Default true. */
  readonly includeExecutionData?: boolean;
}

/** AWS's GetExecutionHistory, a page of it bounded in size as well. Throws ExecutionDoesNotExist, InvalidToken. */
export async function getExecutionHistory(
  call: UseCase,
  input: HistoryInput,
): Promise<{ events: Record<string, unknown>[]; nextToken?: string }> {
  const row = await rowOf(call, input.executionArn);
  if (row.type === 'EXPRESS') throw typeNotSupported();
  const list = JSON.stringify(['GetExecutionHistory', row.arn, input.reverseOrder === true]);
  const keyOf = ({ id }: ReadEvent) => [id];
  const found = await paged(call, input, { list, size: 100, keyOf, fitting }, (after, limit) =>
    readEvents(call, input, after, limit),
  );
  return { events: found.items.map(({ event }) => event), ...next(found) };
}

export async function paged<T>(
  call: UseCase,
  { maxResults, nextToken }: { readonly maxResults?: number; readonly nextToken?: string },
  paging: Parameters<typeof page<T>>[2],
  fetch: Parameters<typeof page<T>>[3],
): Promise<Page<T>> {
  // 0 is the default size, as with AWS.
  const request = { MaxResults: maxResults === 0 ? undefined : maxResults, NextToken: nextToken };
  try {
    return await page(call, request, paging, fetch);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'InvalidNextToken') throw invalidToken();
    throw error;
  }
}

export function next({ NextToken: token }: Page<unknown>): { nextToken?: string } {
  return token === undefined ? {} : { nextToken: token };
}
