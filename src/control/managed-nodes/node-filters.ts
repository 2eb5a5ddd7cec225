import { and, eq, gt, isNotNull, isNull, lte, not, or, type SQL, sql } from 'drizzle-orm';
import { node } from '../../store/schema/nodes.ts';
import { INACTIVE_MS, ONLINE_MS, PING_STATUSES } from './ping-status.ts';

export const OPERATORS = ['Equal', 'NotEqual', 'BeginWith', 'LessThan', 'GreaterThan'] as const;
export type Operator = (typeof OPERATORS)[number];

export interface NodeFilter {
  readonly key: string;
  readonly values: readonly string[];
  readonly operator?: Operator;
}

const TAG = 'tag:';

/** Texts that a node is found by, under the names that the operations' filters give them. */
const COLUMNS: Readonly<Record<string, SQL>> = {
  InstanceIds: sql`${node.instanceId}`,
  InstanceId: sql`${node.instanceId}`,
  ActivationIds: sql`${node.activationId}`,
  AgentVersion: sql`${node.agentVersion}`,
  AgentType: sql`${node.agentName}`,
  ComputerName: sql`${node.computerName}`,
  IamRole: sql`${node.iamRole}`,
  IpAddress: sql`${node.ipAddress}`,
  PlatformName: sql`${node.platformName}`,
  PlatformType: sql`${node.platformType}`,
  PlatformTypes: sql`${node.platformType}`,
  PlatformVersion: sql`${node.platformVersion}`,
  AccountId: sql`${node.account}`,
  AvailabilityZone: sql`${node.availabilityZone}`,
  AvailabilityZoneId: sql`${node.availabilityZoneId}`,
  ResourceType: sql`'ManagedInstance'`,
  ManagedStatus: sql`'Managed'`,
  SourceType: sql`'AWS::SSM::ManagedInstance'`,
  SourceTypes: sql`'AWS::SSM::ManagedInstance'`,
  SourceId: sql`${node.instanceId}`,
  SourceIds: sql`${node.instanceId}`,
  // No node has an association of its own, and so no status of one.
  AssociationStatus: sql`NULL::text`,
};

/**
 * The rows of `node` that a filter keeps; values of one filter are alternatives. null for a key that no node is found
 * by. Versions (AgentVersion, PlatformVersion) are ordered as versions, all else as text.
 */
export function nodeCondition({ key, values, operator = 'Equal' }: NodeFilter, now: Date): SQL | null {
  const condition = key === 'PingStatus' ? byPingStatus(values, now) : byText(key, values, operator);
  if (condition === null) return null;
  return operator === 'NotEqual' ? not(sql`coalesce(${condition}, false)`) : condition;
}

function byText(key: string, values: readonly string[], operator: Operator): SQL | null {
  if (key === 'tag-key') return tagged(sql`key = ANY(${sql.param([...values])}::text[])`);
  if (key.startsWith(TAG))
    return tagged(sql`key = ${key.slice(TAG.length)} AND value = ANY(${sql.param([...values])}::text[])`);
  const column = Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
  if (column === undefined) return null;
  if (operator === 'Equal' || operator === 'NotEqual') return sql`${column} = ANY(${sql.param([...values])}::text[])`;
  return or(...values.map((value) => compared(column, value, operator))) ?? sql`false`;
}

function compared(column: SQL, value: string, operator: Operator): SQL {
  if (operator === 'BeginWith') return sql`starts_with(${column}, ${value})`;
  const sign = operator === 'LessThan' ? sql`<` : sql`>`;
  // Only what is a dotted number can be cast to an array of them.
  if (/^\d{1,9}(\.\d{1,9})*$/.test(value))
    return sql`CASE WHEN ${column} ~ '^\\d{1,9}(\\.\\d{1,9})*$' THEN string_to_array(${column}, '.')::int[] ${sign} string_to_array(${value}, '.')::int[] ELSE false END`;
  return sql`${column} COLLATE "C" ${sign} ${value}`;
}

function tagged(which: SQL): SQL {
  return sql`EXISTS (SELECT FROM resource_tag t WHERE t.account = ${node.account}
    AND t.resource_type = 'ManagedInstance' AND t.resource_id = ${node.instanceId} AND ${which})`;
}

function byPingStatus(values: readonly string[], now: Date): SQL {
  const online = new Date(now.getTime() - ONLINE_MS);
  const inactive = new Date(now.getTime() - INACTIVE_MS);
  const conditions: Readonly<Record<string, SQL | undefined>> = {
    Online: and(isNotNull(node.lastPingAt), sql`${node.lastPingAt} >= ${online}`),
    ConnectionLost: and(lte(node.lastPingAt, online), not(eq(node.lastPingAt, online)), gt(node.lastPingAt, inactive)),
    Inactive: or(isNull(node.lastPingAt), lte(node.lastPingAt, inactive)),
  };
  const wanted = PING_STATUSES.filter((status) => values.includes(status)).map((status) => conditions[status]);
  return or(...wanted) ?? sql`false`;
}
