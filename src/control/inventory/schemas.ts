import type { GetInventorySchemaRequest, GetInventorySchemaResult, InventoryItemSchema } from '@aws-sdk/client-ssm';
import { asc, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { inventorySchema } from '../../store/schema/inventory.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { AWS_TYPES } from './types.data.ts';

/**
 * The types with their attributes: the service's own, and the account's custom ones as far as nodes have told them.
 * `Aggregator` keeps those that nodes are counted by. No type has sub-types here. Throws InvalidTypeNameException.
 */
export async function GetInventorySchema(
  call: Call,
  input: GetInventorySchemaRequest,
): Promise<GetInventorySchemaResult> {
  const { TypeName = '', Aggregator = false, SubType = false } = input;
  const all = [...ownSchemas(Aggregator), ...(Aggregator ? [] : await customSchemas(call))];
  const wanted = all.filter((schema) => TypeName === '' || schema.TypeName === TypeName);
  if (TypeName !== '' && wanted.length === 0 && !Object.hasOwn(AWS_TYPES, TypeName))
    throw new AwsError('InvalidTypeNameException', `The inventory type name is not valid: ${TypeName}`);
  const list = JSON.stringify(['GetInventorySchema', TypeName, Aggregator, SubType]);
  const paging = {
    list,
    size: 50,
    keyOf: (schema: InventoryItemSchema) => [schema.TypeName ?? '', schema.Version ?? ''],
  };
  const { items, ...rest } = await pageOf(call, input, paging, SubType ? [] : wanted);
  return { Schemas: items, ...rest };
}

function ownSchemas(isAggregated: boolean): InventoryItemSchema[] {
  return Object.entries(AWS_TYPES).flatMap(([TypeName, { versions, text, number = [], aggregated = [] }]) => {
    const strings = isAggregated ? aggregated : text;
    const Attributes = [
      ...strings.map((Name) => ({ Name, DataType: 'string' as const })),
      ...(isAggregated ? [] : number).map((Name) => ({ Name, DataType: 'number' as const })),
    ];
    return Attributes.length === 0 ? [] : versions.map((Version) => ({ TypeName, Version, Attributes }));
  });
}

async function customSchemas(call: Call): Promise<InventoryItemSchema[]> {
  const rows = await call.db
    .select()
    .from(inventorySchema)
    .where(eq(inventorySchema.account, call.account))
    .orderBy(asc(inventorySchema.typeName));
  return rows.map(({ typeName, version, attributes }) => ({
    TypeName: typeName,
    Version: version,
    Attributes: attributes.map((Name) => ({ Name, DataType: 'string' as const })),
  }));
}
