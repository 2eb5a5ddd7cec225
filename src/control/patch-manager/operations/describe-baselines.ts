import type {
  DescribePatchBaselinesRequest,
  DescribePatchBaselinesResult,
  PatchBaselineIdentity,
} from '@aws-sdk/client-ssm';
import { asc, eq } from 'drizzle-orm';
import { predefinedBaselines } from '../../../core/baselines/predefined.ts';
import type { OperatingSystem, PatchBaseline } from '../../../core/baselines/types.ts';
import { patchBaseline } from '../../../store/schema/patch.ts';
import type { Call } from '../../call.ts';
import { pageOf } from '../../paging.ts';
import { listedBaselineId } from '../baseline-id.ts';
import { chosenDefaults, predefinedDefaultId } from '../baselines.ts';
import { readPatchFilters, type Wanted } from './filters.ts';

const KEYS = ['OWNER', 'NAME_PREFIX', 'OPERATING_SYSTEM'] as const;

interface Listed {
  readonly id: string;
  readonly owner: 'AWS' | 'Self';
  /** Predefined ones first, then in the order in which they were made. */
  readonly place: number;
  readonly baseline: PatchBaseline;
}

/** Errors: ValidationException for another filter key, InvalidNextToken. */
export async function DescribePatchBaselines(
  call: Call,
  input: DescribePatchBaselinesRequest,
): Promise<DescribePatchBaselinesResult> {
  const filters = readPatchFilters(input.Filters, KEYS, 'ValidationException');
  const defaults = await chosenDefaults(call.db, call.account);
  const list = (await allBaselines(call)).filter((one) => filters.every((filter) => meets(one, filter)));
  const paging = {
    list: `DescribePatchBaselines ${JSON.stringify(filters)}`,
    size: 50,
    keyOf: ({ place, id }: Listed) => [place, id],
  };
  const { items, NextToken } = await pageOf(call, input, paging, list);
  return {
    BaselineIdentities: items.map(({ id, baseline }) => baselineIdentity(id, baseline, call.region, defaults)),
    ...(NextToken !== undefined && { NextToken }),
  };
}

async function allBaselines(call: Call): Promise<Listed[]> {
  const predefined = predefinedBaselines.map(
    (baseline, index): Listed => ({ id: baseline.BaselineId ?? '', owner: 'AWS', place: index, baseline }),
  );
  const rows = await call.db
    .select()
    .from(patchBaseline)
    .where(eq(patchBaseline.account, call.account))
    .orderBy(asc(patchBaseline.createdAt), asc(patchBaseline.baselineId));
  const custom = rows.map(
    (row): Listed => ({ id: row.baselineId, owner: 'Self', place: row.createdAt.getTime(), baseline: row.content }),
  );
  return [...predefined, ...custom];
}

function meets({ owner, baseline }: Listed, { key, values }: Wanted<(typeof KEYS)[number]>): boolean {
  if (key === 'OWNER') return values.includes(owner) || values.includes('All');
  if (key === 'NAME_PREFIX') return values.some((value) => baseline.Name.startsWith(value));
  return values.includes(baseline.OperatingSystem);
}

/** `defaults`: those that the account registered; elsewhere the predefined one is the default. */
export function baselineIdentity(
  id: string,
  baseline: PatchBaseline,
  region: string,
  defaults: ReadonlyMap<OperatingSystem, string>,
): PatchBaselineIdentity {
  const os = baseline.OperatingSystem;
  return {
    BaselineId: listedBaselineId(id, region),
    BaselineName: baseline.Name,
    OperatingSystem: os,
    ...(baseline.Description !== undefined && { BaselineDescription: baseline.Description }),
    DefaultBaseline: (defaults.get(os) ?? predefinedDefaultId(os)) === id,
  };
}
