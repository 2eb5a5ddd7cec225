import type {
  ListNodesRequest,
  ListNodesResult,
  ListNodesSummaryRequest,
  ListNodesSummaryResult,
  Node,
  NodeAggregator,
} from '@aws-sdk/client-ssm';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { type NodeRow, node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { pageOfNodes } from './listing.ts';
import { nodeCondition } from './node-filters.ts';
import { pingStatus } from './ping-status.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListNodes.html */
export async function ListNodes(call: Call, input: ListNodesRequest): Promise<ListNodesResult> {
  const list = `ListNodes ${JSON.stringify(input.Filters ?? [])}`;
  const { items, ...rest } = await pageOfNodes(call, input, list, conditionsOf(call, input));
  return { Nodes: items.map((row) => describe(row, call)), ...rest };
}

/** Counts of the nodes by one attribute, or by two where an aggregator holds another. */
export async function ListNodesSummary(call: Call, input: ListNodesSummaryRequest): Promise<ListNodesSummaryResult> {
  const names = attributesOf(input.Aggregators ?? []);
  const columns = names.map((name) => attribute(name, call.region));
  const { rows } = await call.db.execute<Record<string, string>>(
    sql`SELECT ${sql.join(
      columns.map((column, index) => sql`${column} AS ${sql.identifier(`a${index}`)}`),
      sql`, `,
    )}, count(*)::text AS count FROM ${node} WHERE ${and(eq(node.account, call.account), ...conditionsOf(call, input))}
    GROUP BY ${sql.join(
      columns.map((_, index) => sql.raw(String(index + 1))),
      sql`, `,
    )}`,
  );
  const counted = rows.map((row) => ({
    ...Object.fromEntries(names.map((name, index) => [name, row[`a${index}`] ?? ''])),
    Count: row.count ?? '0',
  })) as Record<string, string>[];
  const list = `ListNodesSummary ${JSON.stringify([input.Filters ?? [], names])}`;
  const keyOf = (row: Record<string, string>) => names.map((name) => row[name] ?? '');
  const { items, ...rest } = await pageOf(call, input, { list, size: 50, keyOf }, counted);
  return { Summary: items, ...rest };
}

/** Attribute names from the outer aggregator to the inner. */
function attributesOf(aggregators: readonly NodeAggregator[]): string[] {
  const [first, ...others] = aggregators;
  if (first === undefined) return [];
  if (others.length > 0) throw new AwsError('InvalidAggregatorException', 'Nest a second aggregator in the first.');
  const names = [first.AttributeName ?? '', ...attributesOf(first.Aggregators ?? [])];
  if (names.length > 2 || new Set(names).size !== names.length)
    throw new AwsError('InvalidAggregatorException', 'Nodes are counted by two different attributes at the most.');
  return names;
}

function attribute(name: string, region: string): SQL {
  const columns: Readonly<Record<string, SQL>> = {
    AgentVersion: sql`coalesce(${node.agentVersion}, '')`,
    AvailabilityZone: sql`coalesce(${node.availabilityZone}, '')`,
    PlatformName: sql`coalesce(${node.platformName}, '')`,
    PlatformType: sql`coalesce(${node.platformType}, '')`,
    PlatformVersion: sql`coalesce(${node.platformVersion}, '')`,
    Region: sql`${region}::text`,
    ResourceType: sql`'ManagedInstance'`,
    SourceType: sql`'AWS::SSM::ManagedInstance'`,
  };
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column === undefined) throw new AwsError('InvalidAggregatorException', `Nodes are not counted by ${name}.`);
  return column;
}

function conditionsOf(call: Call, input: Pick<ListNodesRequest, 'Filters' | 'SyncName'>): SQL[] {
  if (input.SyncName !== undefined)
    throw new AwsError('ResourceDataSyncNotFoundException', `There is no resource data sync ${input.SyncName}.`);
  return (input.Filters ?? []).map(({ Key = '', Values = [], Type = 'Equal' }) => {
    if (Key === 'Region') return sql`${inRegion(call.region, Values, Type)}::boolean`;
    const condition = nodeCondition({ key: named(Key), values: Values, operator: Type }, call.now);
    if (condition === null || Values.some((value) => value.includes('\0')))
      throw new AwsError('InvalidFilter', `Nodes are not filtered by ${Key}.`);
    return condition;
  });
}

function named(key: string): string {
  return key === 'InstanceStatus' ? 'PingStatus' : key;
}

function inRegion(region: string, values: readonly string[], type: string): boolean {
  const meets = values.some((value) => (type === 'BeginWith' ? region.startsWith(value) : region === value));
  return type === 'NotEqual' ? !meets : meets;
}

function describe(row: NodeRow, call: Call): Node {
  const told = {
    AgentType: row.agentName,
    AgentVersion: row.agentVersion,
    ComputerName: row.computerName,
    IpAddress: row.ipAddress,
    Name: row.name,
    PlatformName: row.platformName,
    PlatformVersion: row.platformVersion,
    PlatformType: row.platformType,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: row.availabilityZoneId,
  };
  return {
    Id: row.instanceId,
    ...(row.lastPingAt === null ? {} : { CaptureTime: row.lastPingAt }),
    Owner: { AccountId: row.account },
    Region: call.region,
    NodeType: {
      Instance: {
        ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null && value !== '')),
        InstanceStatus: pingStatus(row.lastPingAt, call.now),
        ManagedStatus: 'Managed',
        ResourceType: 'ManagedInstance',
        SourceType: 'AWS::SSM::ManagedInstance',
        SourceId: row.instanceId,
      },
    },
  };
}
