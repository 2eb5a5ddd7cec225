import type {
  GetInventoryRequest,
  GetInventoryResult,
  InventoryResultEntity,
  InventoryResultItem,
} from '@aws-sdk/client-ssm';
import { sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Entry } from '../../store/schema/inventory.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { page, pageOf } from '../paging.ts';
import { aggregate } from './aggregate.ts';
import { contentOf, nodeMeets } from './content.ts';
import { checkTypeName, INSTANCE_INFORMATION } from './types.ts';

/** A page ends before its answer grows past this, whatever MaxResults says; one node always fits. */
const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * The nodes that meet all filters, by id, with their content of one type (AWS:InstanceInformation unless
 * ResultAttributes says another); or, with Aggregators, how many nodes there are of each value.
 * Errors: InvalidFilter, InvalidTypeNameException, InvalidResultAttributeException, InvalidAggregatorException,
 * InvalidInventoryGroupException.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetInventory.html
 */
export async function GetInventory(call: Call, input: GetInventoryRequest): Promise<GetInventoryResult> {
  const { Filters = [], Aggregators = [], ResultAttributes = [] } = input;
  const typeName = ResultAttributes[0]?.TypeName ?? INSTANCE_INFORMATION;
  const list = JSON.stringify(['GetInventory', Filters, Aggregators, typeName]);
  if (Aggregators.length > 0) {
    if (ResultAttributes.length > 0)
      throw new AwsError('InvalidResultAttributeException', 'ResultAttributes and Aggregators exclude each other.');
    const entities = await Promise.all(Aggregators.map((aggregator) => aggregate(call, aggregator, Filters)));
    const numbered = entities.map((entity, at) => ({ entity, at }));
    const paging = { list, size: 50, keyOf: ({ at }: { at: number }) => [at] };
    const { items, ...rest } = await pageOf(call, input, paging, numbered);
    return { Entities: items.map(({ entity }) => entity), ...rest };
  }
  if (Filters.some(({ Type }) => Type === 'Exists'))
    throw new AwsError('InvalidFilter', 'The filter type Exists is only for requests with Aggregators.');
  checkTypeName(typeName);
  return entitiesOf(call, input, list, typeName);
}

interface Found extends Record<string, unknown> {
  readonly instance_id: string;
  readonly bytes: number | null;
}

async function entitiesOf(
  call: Call,
  input: GetInventoryRequest,
  list: string,
  typeName: string,
): Promise<GetInventoryResult> {
  const matches = nodeMeets(call, sql`n.instance_id`, input.Filters ?? []);
  const pageFrom = (request: GetInventoryRequest) =>
    page(call, request, { list, size: 50, keyOf: ({ instance_id }: Found) => [instance_id] }, async (after, limit) => {
      const { rows } = await call.db.execute<Found>(
        sql`SELECT n.instance_id, c.bytes FROM ${node} n LEFT JOIN ${contentOf(call, typeName)} c USING (instance_id)
          WHERE n.account = ${call.account} AND n.instance_id COLLATE "C" > ${after?.[0] ?? ''} AND ${matches}
          ORDER BY n.instance_id COLLATE "C" LIMIT ${limit}`,
      );
      return rows;
    });
  let { items, NextToken } = await pageFrom(input);
  const fitting = countFitting(items);
  if (fitting < items.length) ({ items, NextToken } = await pageFrom({ ...input, MaxResults: fitting }));
  const Entities = await load(call, typeName, items);
  return { Entities, ...(NextToken === undefined ? {} : { NextToken }) };
}

function countFitting(found: readonly Found[]): number {
  let bytes = 0;
  const tooMany = found.findIndex((row, at) => {
    bytes += row.bytes ?? 0;
    return at > 0 && bytes > PAGE_BYTES;
  });
  return tooMany < 0 ? found.length : tooMany;
}

interface Loaded extends Record<string, unknown> {
  readonly instance_id: string;
  readonly schema_version: string;
  readonly capture_time: string;
  readonly content_hash: string | null;
  readonly content: Entry[];
}

async function load(call: Call, typeName: string, found: readonly Found[]): Promise<InventoryResultEntity[]> {
  const ids = found.map(({ instance_id }) => instance_id);
  const { rows } = await call.db.execute<Loaded>(
    sql`SELECT * FROM ${contentOf(call, typeName)} c WHERE instance_id = ANY(${sql.param(ids)}::text[])`,
  );
  const items = new Map(rows.map((row) => [row.instance_id, shown(typeName, row)]));
  return ids.map((Id) => {
    const item = items.get(Id);
    return { Id, Data: item === undefined ? {} : { [typeName]: item } };
  });
}

function shown(typeName: string, row: Loaded): InventoryResultItem {
  return {
    TypeName: typeName,
    SchemaVersion: row.schema_version,
    CaptureTime: row.capture_time,
    ...(row.content_hash === null ? {} : { ContentHash: row.content_hash }),
    Content: row.content,
  };
}
