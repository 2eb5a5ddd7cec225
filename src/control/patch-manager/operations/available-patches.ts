import type { DescribeAvailablePatchesRequest, DescribeAvailablePatchesResult } from '@aws-sdk/client-ssm';
import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import { availablePatch } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { type PageKey, page } from '../../paging.ts';
import type { AvailablePatch } from '../available-patches.ts';
import { severityLevelsOf } from '../patch-words.ts';
import { readPatchFilters, type Wanted } from './filters.ts';
import { patchOutput } from './patch-output.ts';

const WINDOWS_KEYS = ['PATCH_SET', 'PRODUCT', 'PRODUCT_FAMILY', 'MSRC_SEVERITY', 'CLASSIFICATION', 'PATCH_ID'] as const;
const LINUX_KEYS = [
  'NAME',
  'SEVERITY',
  'PRIORITY',
  'SECTION',
  'EPOCH',
  'VERSION',
  'RELEASE',
  'ARCH',
  'REPOSITORY',
  'ADVISORY_ID',
  'CVE_ID',
  'BUGZILLA_ID',
] as const;
const KEYS = [...WINDOWS_KEYS, ...LINUX_KEYS];
type Key = (typeof KEYS)[number];

/**
 * The versions that nodes of this account were offered. Filters for Linux need a PRODUCT beside them, and without one
 * the answer is about WINDOWS, as with AWS. Errors: ValidationException, InvalidNextToken.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAvailablePatches.html
 */
export async function DescribeAvailablePatches(
  call: Call,
  input: DescribeAvailablePatchesRequest,
): Promise<DescribeAvailablePatchesResult> {
  const filters = readPatchFilters<Key>(input.Filters, KEYS, 'ValidationException');
  const hasProduct = filters.some(({ key }) => key === 'PRODUCT');
  const lacking = filters.find(({ key }) => LINUX_KEYS.some((one) => one === key));
  if (lacking !== undefined && !hasProduct)
    throw new AwsError('ValidationException', `The filter ${lacking.key} needs a filter PRODUCT beside it.`);
  const conditions = filters.map(condition);
  if (!hasProduct) conditions.push(eq(availablePatch.operatingSystem, 'WINDOWS'));
  const paging = { list: `available ${JSON.stringify(filters)}`, size: 50, keyOf: patchKey };
  const { items, NextToken } = await page(call, input, paging, (after, limit) =>
    availablePatches(call, conditions, after, limit),
  );
  return { Patches: items.map(patchOutput), ...(NextToken !== undefined && { NextToken }) };
}

export function patchKey(row: AvailablePatch): PageKey {
  return [row.product, row.name, row.architecture, row.version];
}

/** Known patches in the order of `patchKey`, from behind `after`. */
export async function availablePatches(
  call: Pick<Call, 'db' | 'account'>,
  conditions: readonly SQL[],
  after: PageKey | null,
  limit: number,
): Promise<AvailablePatch[]> {
  const { product, name, architecture, version } = availablePatch;
  const later =
    after &&
    sql`(${product}, ${name}, ${architecture}, ${version}) > (${after[0]}, ${after[1]}, ${after[2]}, ${after[3]})`;
  return call.db
    .select()
    .from(availablePatch)
    .where(and(eq(availablePatch.account, call.account), ...conditions, later ?? undefined))
    .orderBy(asc(product), asc(name), asc(architecture), asc(version))
    .limit(limit);
}

const COLUMN = {
  PRODUCT: availablePatch.product,
  NAME: availablePatch.name,
  ARCH: availablePatch.architecture,
  CLASSIFICATION: availablePatch.classification,
  PRIORITY: availablePatch.priority,
  SECTION: availablePatch.section,
  REPOSITORY: availablePatch.repository,
} as const;

/** Words match in any case. What a patch of these package managers does not have, such as a bug number, no patch has. */
function condition({ key, values }: Wanted<Key>): SQL {
  const lower = values.map((value) => value.toLowerCase());
  const words = sql`${sql.param(lower)}::text[]`;
  if (key in COLUMN) return sql`lower(${COLUMN[key as keyof typeof COLUMN]}) = ANY(${words})`;
  const isApt = sql`${availablePatch.operatingSystem} IN ('DEBIAN', 'UBUNTU', 'RASPBIAN')`;
  const rpm = (part: string) => sql`(NOT ${isApt} AND ${versionPart(part)} = ANY(${words}))`;
  switch (key) {
    case 'SEVERITY': {
      const levels = sql`${sql.param(values.flatMap(severityLevelsOf))}::text[]`;
      return sql`coalesce(${availablePatch.severity} ->> 'mapped', 'unknown') = ANY(${levels})`;
    }
    case 'CVE_ID':
    case 'ADVISORY_ID': {
      const list = key === 'CVE_ID' ? availablePatch.cves : availablePatch.advisories;
      return sql`EXISTS (SELECT FROM jsonb_array_elements_text(${list}) AS one WHERE lower(one) = ANY(${words}))`;
    }
    case 'VERSION':
      return sql`((${isApt} AND lower(${availablePatch.version}) = ANY(${words})) OR ${rpm('^(?:[0-9]+:)?(.+)-[^-]+$')})`;
    case 'EPOCH':
      return rpm('^([0-9]+):');
    case 'RELEASE':
      return rpm('-([^-]+)$');
    default:
      return sql`false`;
  }
}

/** An epoch that is not written is 0. */
function versionPart(pattern: string): SQL {
  return sql`lower(coalesce(substring(${availablePatch.version} FROM ${pattern}), '0'))`;
}
