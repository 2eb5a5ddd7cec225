import type {
  CommandFilter,
  ListCommandInvocationsRequest,
  ListCommandInvocationsResult,
  ListCommandsRequest,
  ListCommandsResult,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, exists, gte, lte, or, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { type CommandRow, command, type InvocationRow, invocation } from '../../store/schema/commands.ts';
import type { Call } from '../call.ts';
import { page } from '../paging.ts';
import { describeCommand, describeInvocation } from './describe.ts';
import { pluginsOf } from './plugins.ts';

/** Newest first: the key of a page grows with the age. */
const commandAge = sql<number>`(-extract(epoch FROM ${command.requestedAt}) * 1000)::bigint`.mapWith(Number);
const invocationAge = sql<number>`(-extract(epoch FROM ${invocation.requestedAt}) * 1000)::bigint`.mapWith(Number);

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommands.html */
export async function ListCommands(call: Call, input: ListCommandsRequest): Promise<ListCommandsResult> {
  const { CommandId, InstanceId, Filters = [] } = input;
  const ofNode = call.db
    .select({ one: sql`1` })
    .from(invocation)
    .where(
      and(
        eq(invocation.account, command.account),
        eq(invocation.commandId, command.commandId),
        eq(invocation.instanceId, InstanceId ?? ''),
      ),
    );
  const columns = { at: command.requestedAt, status: command.status, details: command.statusDetails };
  const { items, NextToken } = await page(
    call,
    input,
    {
      list: `commands ${JSON.stringify([CommandId, InstanceId, Filters])}`,
      size: 50,
      keyOf: ({ age, row }: { age: number; row: CommandRow }) => [age, row.commandId],
    },
    async (after, limit) =>
      call.db
        .select({ age: commandAge, row: command })
        .from(command)
        .where(
          and(
            eq(command.account, call.account),
            CommandId === undefined ? undefined : eq(command.commandId, CommandId),
            InstanceId === undefined ? undefined : exists(ofNode),
            ...Filters.map((filter) => filterOf(filter, columns)),
            after === null
              ? undefined
              : sql`(${commandAge}, ${command.commandId}) > (${after[0]}::bigint, ${after[1]})`,
          ),
        )
        .orderBy(asc(commandAge), asc(command.commandId))
        .limit(limit),
  );
  return { Commands: items.map(({ row }) => describeCommand(row)), ...(NextToken === undefined ? {} : { NextToken }) };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html */
export async function ListCommandInvocations(
  call: Call,
  input: ListCommandInvocationsRequest,
): Promise<ListCommandInvocationsResult> {
  const { CommandId, InstanceId, Filters = [] } = input;
  const columns = { at: invocation.requestedAt, status: invocation.status, details: invocation.statusDetails };
  const { items, NextToken } = await page(
    call,
    input,
    {
      list: `invocations ${JSON.stringify([CommandId, InstanceId, Filters])}`,
      size: 50,
      keyOf: ({ age, row }: { age: number; row: InvocationRow }) => [age, row.commandId, row.position],
    },
    async (after, limit) =>
      call.db
        .select({ age: invocationAge, row: invocation, command })
        .from(invocation)
        .innerJoin(command, and(eq(command.account, invocation.account), eq(command.commandId, invocation.commandId)))
        .where(
          and(
            eq(invocation.account, call.account),
            CommandId === undefined ? undefined : eq(invocation.commandId, CommandId),
            InstanceId === undefined ? undefined : eq(invocation.instanceId, InstanceId),
            ...Filters.map((filter) => filterOf(filter, columns)),
            after === null
              ? undefined
              : sql`(${invocationAge}, ${invocation.commandId}, ${invocation.position}) > (${after[0]}::bigint, ${after[1]}, ${after[2]}::int)`,
          ),
        )
        .orderBy(asc(invocationAge), asc(invocation.commandId), asc(invocation.position))
        .limit(limit),
  );
  const CommandInvocations = await Promise.all(
    items.map(async (item) => {
      const plugins = input.Details === true ? await pluginsOf(call.db, item.command, item.row) : [];
      return describeInvocation(item.command, item.row, plugins);
    }),
  );
  return { CommandInvocations, ...(NextToken === undefined ? {} : { NextToken }) };
}

interface Columns {
  readonly at: typeof command.requestedAt | typeof invocation.requestedAt;
  readonly status: typeof command.status | typeof invocation.status;
  readonly details: typeof command.statusDetails | typeof invocation.statusDetails;
}

const OVER = ['Success', 'Cancelled', 'Failed', 'TimedOut'];

function filterOf({ key, value = '' }: CommandFilter, columns: Columns): SQL | undefined {
  switch (key) {
    case 'InvokedAfter':
      return gte(columns.at, timeOf(value));
    case 'InvokedBefore':
      return lte(columns.at, timeOf(value));
    case 'Status':
      return or(eq(columns.status, value), eq(columns.details, value));
    case 'DocumentName':
      return eq(command.documentName, value);
    case 'ExecutionStage': {
      const isOver = sql`${columns.status} = ANY(${sql.param(OVER)}::text[])`;
      if (value === 'Complete') return isOver;
      if (value === 'Executing') return sql`NOT (${isOver})`;
      throw new AwsError('ValidationException', 'ExecutionStage is Executing or Complete.');
    }
    default:
      throw new AwsError('InvalidFilterKey', `The filter key is not valid: ${key}`);
  }
}

function timeOf(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()) || Math.abs(at.getUTCFullYear()) > 9999)
    throw new AwsError('ValidationException', `Not a time: ${text}. Write it as 2026-01-31T00:00:00Z.`);
  return at;
}
