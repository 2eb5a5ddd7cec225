import type { InventoryFilter } from '@aws-sdk/client-ssm';
import { type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { inventoryItem } from '../../store/schema/inventory.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { ONLINE_MS } from '../managed-nodes/ping-status.ts';
import { checkTypeName, INSTANCE_INFORMATION } from './types.ts';

/**
 * The content of one type as a table of (instance_id, schema_version, capture_time, content_hash, content, bytes).
 * What the heartbeat tells is made from the node's row.
 */
export function contentOf(call: Call, typeName: string): SQL {
  if (typeName !== INSTANCE_INFORMATION) {
    return sql`(SELECT instance_id, schema_version, capture_time, content_hash, content, bytes FROM ${inventoryItem}
      WHERE account = ${call.account} AND type_name = ${typeName})`;
  }
  const silentBefore = new Date(call.now.getTime() - ONLINE_MS);
  return sql`(SELECT instance_id, '1.0' AS schema_version, NULL::text AS content_hash, 1024 AS bytes,
      to_char(coalesce(last_ping_at, registered_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS capture_time,
      jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'AgentType', agent_name, 'AgentVersion', agent_version, 'ComputerName', computer_name,
        'InstanceId', instance_id, 'IpAddress', ip_address, 'PlatformName', platform_name,
        'PlatformType', platform_type, 'PlatformVersion', platform_version, 'ResourceType', 'ManagedInstance',
        'InstanceStatus', CASE WHEN last_ping_at >= ${silentBefore} THEN 'Active' ELSE 'ConnectionLost' END))) AS content
    FROM ${node} WHERE account = ${call.account})`;
}

/** `AWS:Application.Name` and `Custom:My.Type.Name`: the attribute stands after the last dot. Throws InvalidTypeNameException. */
export function readPath(key: string): { typeName: string; attribute: string } | null {
  const dot = key.lastIndexOf('.');
  if (dot < 0 || key.includes('\0') || !/^(?:AWS|Custom):/.test(key)) return null;
  const typeName = key.slice(0, dot);
  checkTypeName(typeName);
  return { typeName, attribute: key.slice(dot + 1) };
}

const NUMBER = '^-?[0-9]{1,30}([.][0-9]{1,30})?$';

/**
 * Whether the attribute of `entry` (a jsonb object) meets the filter; its values are alternatives, but for NotEqual,
 * which wants none of them. Numbers are ordered as numbers, all else as text. Throws InvalidFilter.
 */
export function entryMeets(entry: SQL, attribute: string, filter: InventoryFilter): SQL {
  const values = (filter.Values ?? []).filter((value) => !value.includes('\0'));
  const text = sql`(${entry} ->> ${attribute}::text)`;
  const list = sql`${sql.param(values)}::text[]`;
  switch (filter.Type ?? 'Equal') {
    case 'Equal':
      return sql`${text} = ANY(${list})`;
    case 'NotEqual':
      return sql`${text} <> ALL(${list})`;
    case 'BeginWith':
      return anyOf(values.map((value) => sql`starts_with(${text}, ${value})`));
    case 'LessThan':
      return anyOf(values.map((value) => ordered(text, sql`<`, value)));
    case 'GreaterThan':
      return anyOf(values.map((value) => ordered(text, sql`>`, value)));
    case 'Exists':
      return sql`${text} IS NOT NULL`;
    default:
      throw new AwsError('InvalidFilter', `The filter type is not valid: ${filter.Type}`);
  }
}

function anyOf(conditions: readonly SQL[]): SQL {
  return conditions.length === 0 ? sql`false` : sql`(${sql.join([...conditions], sql` OR `)})`;
}

function ordered(text: SQL, sign: SQL, value: string): SQL {
  const asText = sql`${text} COLLATE "C" ${sign} ${value}`;
  if (!new RegExp(NUMBER).test(value)) return asText;
  return sql`CASE WHEN ${text} ~ ${NUMBER} THEN ${text}::numeric ${sign} ${value}::numeric ELSE ${asText} END`;
}

/**
 * Whether the node of `instanceId` has, for every type that the filters name, one entry that meets all filters of that
 * type: name and version of a package are asked of the same package. Throws InvalidFilter.
 */
export function nodeMeets(call: Call, instanceId: SQL, filters: readonly InventoryFilter[]): SQL {
  const byType = new Map<string, SQL[]>();
  for (const filter of filters) {
    const path = readPath(filter.Key ?? '');
    if (path === null) throw new AwsError('InvalidFilter', `The filter key is not valid: ${filter.Key}`);
    const conditions = byType.get(path.typeName) ?? [];
    byType.set(path.typeName, [...conditions, entryMeets(sql`f.entry`, path.attribute, filter)]);
  }
  const all = [...byType].map(
    ([
      typeName,
      conditions,
    ]) => sql`EXISTS (SELECT FROM ${contentOf(call, typeName)} i, jsonb_array_elements(i.content) f(entry)
      WHERE i.instance_id = ${instanceId} AND ${sql.join(conditions, sql` AND `)})`,
  );
  return all.length === 0 ? sql`true` : sql.join(all, sql` AND `);
}
