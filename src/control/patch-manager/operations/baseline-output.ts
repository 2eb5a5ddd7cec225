import type { UpdatePatchBaselineResult } from '@aws-sdk/client-ssm';
import type { PatchBaseline } from '../../../core/baselines/types.ts';
import { withDefaults } from '../../../core/baselines/with-defaults.ts';
import { listedBaselineId } from '../baseline-id.ts';
import type { KnownBaseline } from '../baselines.ts';

/**
 * Since when predefined baselines are there. They are part of every release; a date that differed from server to
 * server, or from call to call, would look like a change to whoever compares.
 */
const PREDEFINED_SINCE = new Date('2026-11-01T00:00:00Z');

/** A baseline as Get and Update answer it: every list is there, be it empty, since clients look into them unasked. */
export function baselineOutput(known: KnownBaseline, region: string): UpdatePatchBaselineResult {
  const baseline = withDefaults(known.baseline);
  return {
    BaselineId: listedBaselineId(known.id, region),
    Name: baseline.Name,
    OperatingSystem: baseline.OperatingSystem,
    GlobalFilters: plain(baseline.GlobalFilters),
    ApprovalRules: plain(rulesOf(baseline)),
    ApprovedPatches: [...baseline.ApprovedPatches],
    ApprovedPatchesComplianceLevel: baseline.ApprovedPatchesComplianceLevel,
    ApprovedPatchesEnableNonSecurity: baseline.ApprovedPatchesEnableNonSecurity,
    RejectedPatches: [...baseline.RejectedPatches],
    RejectedPatchesAction: baseline.RejectedPatchesAction,
    CreatedDate: known.createdAt ?? PREDEFINED_SINCE,
    ModifiedDate: known.modifiedAt ?? PREDEFINED_SINCE,
    ...(baseline.Description !== undefined && { Description: baseline.Description }),
    Sources: plain(baseline.Sources),
    ...(baseline.AvailableSecurityUpdatesComplianceStatus !== undefined && {
      AvailableSecurityUpdatesComplianceStatus: baseline.AvailableSecurityUpdatesComplianceStatus,
    }),
  };
}

/** What AWS has no member for stays ours. */
function rulesOf({ ApprovalRules }: PatchBaseline) {
  return { PatchRules: ApprovalRules.PatchRules.map(({ Kintsugi: _, ...rule }) => rule) };
}

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;

/** A copy that the caller owns: the types of the SDK are mutable, ours are not. */
function plain<T>(value: T): Mutable<T> {
  return structuredClone(value) as Mutable<T>;
}
