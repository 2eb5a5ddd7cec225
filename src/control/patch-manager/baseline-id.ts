import { findPredefined } from '../../core/baselines/predefined.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';

/** The account that predefined baselines belong to in their ARNs: Amazon's own for Patch Manager in us-east-1. */
export const PREDEFINED_OWNER = '075727635805';

/** `pb-…`, or null where the text cannot name a baseline of this account: an ARN of another's custom baseline included. */
export function baselineIdOf(text: string, account: string): string | null {
  const found = /^(?:arn:[a-z-]+:ssm:[a-z0-9-]+:([0-9]{12}):patchbaseline\/)?(pb-[0-9a-f]{17})$/.exec(text);
  const [, owner, id = ''] = found ?? [];
  if (found === null) return null;
  return owner === undefined || owner === account || predefinedById(id) !== null ? id : null;
}

export function predefinedById(id: string): PatchBaseline | null {
  const found = findPredefined(id);
  return found?.BaselineId === id ? found : null;
}

/** The id as AWS lists it: that of a predefined baseline as its ARN, that of a custom one alone. */
export function listedBaselineId(id: string, region: string): string {
  return predefinedById(id) === null ? id : `arn:aws:ssm:${region}:${PREDEFINED_OWNER}:patchbaseline/${id}`;
}
