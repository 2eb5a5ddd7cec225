import type { InventoryAggregator, InventoryFilter, InventoryGroup, InventoryResultEntity } from '@aws-sdk/client-ssm';
import { type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Entry } from '../../store/schema/inventory.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { contentOf, nodeMeets, readPath } from './content.ts';
import { INSTANCE_INFORMATION } from './types.ts';

const MAX_DEPTH = 5;
/** A value for each node of a large fleet is no summary any more. */
const MAX_ROWS = 10_000;

interface Level {
  readonly typeName: string;
  readonly attribute: string;
}

/**
 * How many nodes (that meet the filters) have each value of the aggregator's expression, or each combination with those
 * of its nested aggregators, as text: `{"PlatformType": "Linux", "Count": "63"}`. A group counts the nodes that meet
 * its filters and those that do not. Throws InvalidAggregatorException and InvalidInventoryGroupException.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-aggregate.html
 */
export async function aggregate(
  call: Call,
  aggregator: InventoryAggregator,
  filters: readonly InventoryFilter[],
): Promise<InventoryResultEntity> {
  const { levels, groups } = flatten(aggregator);
  const typeName = levels[0]?.typeName ?? INSTANCE_INFORMATION;
  const matches = nodeMeets(call, sql`n.instance_id`, filters);
  const rows =
    groups.length > 0 ? await countGroups(call, levels, groups, matches) : await countValues(call, levels, matches);
  const item = { TypeName: typeName, SchemaVersion: '1.0', Content: rows };
  return { Data: { [typeName]: item } };
}

/** Nested aggregators are one chain: two beside each other below one have no meaning together. */
function flatten(aggregator: InventoryAggregator): { levels: Level[]; groups: InventoryGroup[] } {
  const levels: Level[] = [];
  for (let present: InventoryAggregator | undefined = aggregator; present !== undefined; ) {
    const nested: readonly InventoryAggregator[] = present.Aggregators ?? [];
    const groups = present.Groups ?? [];
    const path = present.Expression === undefined ? null : readPath(present.Expression);
    if (present.Expression !== undefined && path === null)
      throw invalid(`The expression names no type and attribute: ${present.Expression}`);
    if (path !== null) levels.push(path);
    if (path === null && groups.length === 0) throw invalid('An aggregator needs an Expression or Groups.');
    if (nested.length > 1 || (nested.length > 0 && groups.length > 0) || levels.length > MAX_DEPTH)
      throw invalid(`An aggregator has one nested aggregator or groups below it, and ${MAX_DEPTH} levels at the most.`);
    if (groups.length > 0) return { levels, groups: [...groups] };
    present = nested[0];
  }
  return { levels, groups: [] };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidAggregatorException', message);
}

/** The nodes with their values, one row for each combination: `v0`, `v1`, … */
function valuesOf(call: Call, levels: readonly Level[], matches: SQL): SQL {
  const joins = levels.map(
    ({ typeName, attribute }, at) => sql` JOIN LATERAL (
      SELECT DISTINCT e ->> ${attribute}::text AS ${name('v', at)}
      FROM ${contentOf(call, typeName)} i, jsonb_array_elements(i.content) e
      WHERE i.instance_id = n.instance_id AND e ->> ${attribute}::text IS NOT NULL) ${name('l', at)} ON true`,
  );
  const columns = levels.map((_, at) => sql`, ${name('v', at)}`);
  return sql`(SELECT n.instance_id${sql.join(columns)} FROM ${node} n${sql.join(joins)}
    WHERE n.account = ${call.account} AND ${matches})`;
}

function name(letter: string, at: number): SQL {
  return sql.identifier(`${letter}${at}`) as unknown as SQL;
}

async function countValues(call: Call, levels: readonly Level[], matches: SQL): Promise<Entry[]> {
  const columns = sql.join(
    levels.map((_, at) => name('v', at)),
    sql`, `,
  );
  const { rows } = await call.db.execute<Record<string, string>>(
    sql`SELECT ${columns}, count(DISTINCT instance_id)::text AS count FROM ${valuesOf(call, levels, matches)} x
      GROUP BY ${columns} ORDER BY ${columns} LIMIT ${MAX_ROWS}`,
  );
  return rows.map((row) => ({ ...named(levels, row), Count: row.count ?? '0' }));
}

async function countGroups(
  call: Call,
  levels: readonly Level[],
  groups: readonly InventoryGroup[],
  matches: SQL,
): Promise<Entry[]> {
  const columns = levels.map((_, at) => name('v', at));
  const grouping =
    columns.length === 0 ? sql`` : sql` GROUP BY ${sql.join(columns, sql`, `)} ORDER BY ${sql.join(columns, sql`, `)}`;
  const entries: Entry[] = [];
  for (const group of groups) {
    const isIn = groupMeets(call, group);
    const { rows } = await call.db.execute<Record<string, string>>(
      sql`SELECT ${sql.join(columns.map((column) => sql`${column}, `))}
          count(DISTINCT instance_id) FILTER (WHERE ${isIn})::text AS matching,
          count(DISTINCT instance_id) FILTER (WHERE NOT (${isIn}))::text AS other
        FROM ${valuesOf(call, levels, matches)} x${grouping} LIMIT ${MAX_ROWS}`,
    );
    for (const row of rows) {
      const counts = { matchingCount: row.matching ?? '0', notMatchingCount: row.other ?? '0' };
      entries.push({ GroupName: group.Name ?? '', ...named(levels, row), ...counts });
    }
  }
  return entries;
}

function groupMeets(call: Call, group: InventoryGroup): SQL {
  try {
    return nodeMeets(call, sql`x.instance_id`, group.Filters ?? []);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError('InvalidInventoryGroupException', `The group ${group.Name} is not valid: ${error.message}`);
  }
}

function named(levels: readonly Level[], row: Record<string, string>): Entry {
  return Object.fromEntries(levels.map(({ attribute }, at) => [attribute, row[`v${at}`] ?? '']));
}
