import type { DescribePatchPropertiesRequest, DescribePatchPropertiesResult, PatchProperty } from '@aws-sdk/client-ssm';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import { filterKeys, filterValues } from '../../../core/baselines/filter-vocabulary.ts';
import type { OperatingSystem } from '../../../core/baselines/types.ts';
import { patchState } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { pageOf } from '../../paging.ts';
import { PRODUCTS } from '../products.data.ts';

/** Families of what Patch Manager patches on Windows. */
const FAMILIES = { OS: ['Windows'], APPLICATION: ['Office'] } as const;

/**
 * The values that filters of a baseline take on an operating system. Products are those that AWS names and those that
 * nodes reported. Errors: ValidationException for a property that the operating system does not have.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchProperties.html
 */
export async function DescribePatchProperties(
  call: Call,
  input: DescribePatchPropertiesRequest,
): Promise<DescribePatchPropertiesResult> {
  const { OperatingSystem: os = 'WINDOWS', Property = 'PRODUCT', PatchSet } = input;
  if (!filterKeys(os).includes(Property))
    throw new AwsError('ValidationException', `${os} has no patch property ${Property}.`);
  const names = await valuesOf(call, os, Property, PatchSet ?? 'OS');
  const paging = {
    list: `properties ${os} ${Property} ${PatchSet ?? ''}`,
    size: 50,
    keyOf: ({ index }: { index: number }) => [index],
  };
  const rows = names.map((name, index) => ({ name, index }));
  const { items, NextToken } = await pageOf(call, input, paging, rows);
  return { Properties: items.map(({ name }) => ({ Name: name })), ...(NextToken !== undefined && { NextToken }) };
}

async function valuesOf(
  call: Call,
  os: OperatingSystem,
  property: PatchProperty,
  set: 'OS' | 'APPLICATION',
): Promise<readonly string[]> {
  if (property === 'PRODUCT_FAMILY') return FAMILIES[set];
  if (property !== 'PRODUCT') return filterValues(os, property) ?? [];
  // Names of application products are those of Microsoft's catalogue, which changes by the week: none is kept here.
  if (os === 'WINDOWS' && set === 'APPLICATION') return [];
  const reported = await call.db
    .selectDistinct({ product: patchState.product })
    .from(patchState)
    .where(and(eq(patchState.account, call.account), eq(patchState.operatingSystem, os)))
    .orderBy(patchState.product);
  return [...new Set([...PRODUCTS[os], ...reported.map(({ product }) => product)])];
}
