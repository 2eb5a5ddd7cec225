import type { ListInventoryEntriesRequest, ListInventoryEntriesResult } from '@aws-sdk/client-ssm';
import { sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Entry } from '../../store/schema/inventory.ts';
import type { Call } from '../call.ts';
import { findNode } from '../managed-nodes/nodes.ts';
import { page } from '../paging.ts';
import { contentOf, entryMeets } from './content.ts';
import { checkTypeName } from './types.ts';

interface Row extends Record<string, unknown> {
  readonly at: number;
  readonly entry: Entry;
}

/**
 * The entries of one type of one node, in the order in which it told them, that meet all filters; a filter's key is
 * the attribute, with or without the type before it. Throws InvalidInstanceId, InvalidTypeNameException, InvalidFilter.
 */
export async function ListInventoryEntries(
  call: Call,
  input: ListInventoryEntriesRequest,
): Promise<ListInventoryEntriesResult> {
  const { InstanceId = '', TypeName = '', Filters = [] } = input;
  checkTypeName(TypeName);
  if ((await findNode(call.db, call.account, InstanceId)) === null)
    throw new AwsError('InvalidInstanceId', `Instance Id ${InstanceId} is not a managed node of this account.`);
  const conditions = Filters.map((filter) => {
    const { Key = '' } = filter;
    if (filter.Type === 'Exists' || Key.includes('\0'))
      throw new AwsError('InvalidFilter', `The filter is not valid for entries: ${filter.Type ?? 'Equal'} of ${Key}`);
    const attribute = Key.startsWith(`${TypeName}.`) ? Key.slice(TypeName.length + 1) : Key;
    return entryMeets(sql`e.entry`, attribute, filter);
  });
  const content = sql`${contentOf(call, TypeName)} c`;
  const { rows: heads } = await call.db.execute<{ schema_version: string; capture_time: string }>(
    sql`SELECT schema_version, capture_time FROM ${content} WHERE instance_id = ${InstanceId}`,
  );
  const list = JSON.stringify(['ListInventoryEntries', InstanceId, TypeName, Filters]);
  const { items, ...rest } = await page(
    call,
    input,
    { list, size: 50, keyOf: ({ at }: Row) => [at] },
    async (after, limit) => {
      const { rows } = await call.db.execute<Row>(
        sql`SELECT e.at::integer, e.entry FROM ${content}, jsonb_array_elements(c.content) WITH ORDINALITY e(entry, at)
        WHERE ${sql.join([sql`c.instance_id = ${InstanceId}`, sql`e.at > ${after?.[0] ?? 0}::integer`, ...conditions], sql` AND `)}
        ORDER BY e.at LIMIT ${limit}`,
      );
      return rows;
    },
  );
  const head = heads[0];
  return {
    TypeName,
    InstanceId,
    ...(head === undefined ? {} : { SchemaVersion: head.schema_version, CaptureTime: head.capture_time }),
    Entries: items.map(({ entry }) => entry),
    ...rest,
  };
}
