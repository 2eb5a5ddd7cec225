import type {
  DescribePatchGroupsRequest,
  DescribePatchGroupsResult,
  PatchGroupPatchBaselineMapping,
} from '@aws-sdk/client-ssm';
import { and, asc, eq, or, type SQL, sql } from 'drizzle-orm';
import { patchBaseline, patchGroup } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { page } from '../../paging.ts';
import { predefinedById } from '../baseline-id.ts';
import { chosenDefaults } from '../baselines.ts';
import { baselineIdentity } from './describe-baselines.ts';
import { readPatchFilters, type Wanted } from './filters.ts';

const KEYS = ['NAME_PREFIX', 'OPERATING_SYSTEM'] as const;

/**
 * NAME_PREFIX is met by a group's name. Errors: ValidationException for another filter key, InvalidNextToken.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchGroups.html
 */
export async function DescribePatchGroups(
  call: Call,
  input: DescribePatchGroupsRequest,
): Promise<DescribePatchGroupsResult> {
  const filters = readPatchFilters(input.Filters, KEYS, 'ValidationException');
  const defaults = await chosenDefaults(call.db, call.account);
  const paging = {
    list: `DescribePatchGroups ${JSON.stringify(filters)}`,
    size: 50,
    keyOf: ({ group }: Row) => [group.registeredAt.toISOString(), group.patchGroup, group.operatingSystem],
  };
  const { items, NextToken } = await page(call, input, paging, (after, limit) => {
    const key = sql`(${patchGroup.registeredAt}, ${patchGroup.patchGroup}, ${patchGroup.operatingSystem})`;
    const later = after && sql`${key} > (${after[0]}::timestamptz, ${after[1]}, ${after[2]})`;
    return call.db
      .select({ group: patchGroup, content: patchBaseline.content })
      .from(patchGroup)
      .leftJoin(
        patchBaseline,
        and(eq(patchBaseline.account, patchGroup.account), eq(patchBaseline.baselineId, patchGroup.baselineId)),
      )
      .where(and(eq(patchGroup.account, call.account), ...filters.map(condition), later ?? undefined))
      .orderBy(asc(patchGroup.registeredAt), asc(patchGroup.patchGroup), asc(patchGroup.operatingSystem))
      .limit(limit);
  });
  const Mappings = items.map(({ group, content }): PatchGroupPatchBaselineMapping => {
    const baseline = content ?? predefinedById(group.baselineId);
    if (baseline === null) throw new Error(`${group.baselineId} is registered and does not exist`);
    const BaselineIdentity = baselineIdentity(group.baselineId, baseline, call.region, defaults);
    return { PatchGroup: group.patchGroup, BaselineIdentity };
  });
  return { Mappings, ...(NextToken !== undefined && { NextToken }) };
}

interface Row {
  readonly group: typeof patchGroup.$inferSelect;
}

function condition({ key, values }: Wanted<(typeof KEYS)[number]>): SQL | undefined {
  if (key === 'OPERATING_SYSTEM') {
    const names = sql.param(values);
    return sql`${patchGroup.operatingSystem} = ANY(${names}::text[])`;
  }
  return or(...values.map((value) => sql`starts_with(${patchGroup.patchGroup}, ${value})`)) ?? sql`false`;
}
