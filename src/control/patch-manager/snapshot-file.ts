import type { PatchFilterGroup, PatchRule } from '../../core/baselines/types.ts';
import { withDefaults } from '../../core/baselines/with-defaults.ts';
import type { patchSnapshot } from '../../store/schema/patch.ts';

/** The file that patch tooling downloads: AWS's own form, with its names in camelCase. */
export type SnapshotFile = ReturnType<typeof snapshotFile>;

export function snapshotFile(row: typeof patchSnapshot.$inferSelect) {
  const baseline = withDefaults(row.baseline);
  return {
    patchBaseline: {
      accountId: row.account,
      baselineId: baseline.BaselineId ?? null,
      name: baseline.Name,
      globalFilters: filters(baseline.GlobalFilters),
      approvalRules: { rules: baseline.ApprovalRules.PatchRules.map(rule) },
      approvedPatches: baseline.ApprovedPatches,
      approvedPatchesComplianceLevel: baseline.ApprovedPatchesComplianceLevel,
      approvedPatchesEnableNonSecurity: baseline.ApprovedPatchesEnableNonSecurity,
      rejectedPatches: baseline.RejectedPatches,
      rejectedPatchesAction: baseline.RejectedPatchesAction,
      createdTime: row.createdAt?.toISOString() ?? null,
      modifiedTime: row.modifiedAt?.toISOString() ?? null,
      description: baseline.Description ?? null,
      operatingSystem: baseline.OperatingSystem,
      sources: baseline.Sources.map(({ Name, Products, Configuration }) => ({
        name: Name,
        products: Products,
        configuration: Configuration,
      })),
    },
    patchGroup: row.patchGroup === '' ? null : row.patchGroup,
    patches: [],
    enableApplicationPatches: false,
    requiredFeatures: [],
  };
}

function filters({ PatchFilters }: PatchFilterGroup) {
  return { filters: PatchFilters.map(({ Key, Values }) => ({ key: Key, values: Values })) };
}

function rule(one: PatchRule) {
  return {
    filterGroup: filters(one.PatchFilterGroup),
    complianceLevel: one.ComplianceLevel ?? 'UNSPECIFIED',
    enableNonSecurity: one.EnableNonSecurity ?? false,
    approveAfterDays: one.ApproveAfterDays ?? null,
    approveUntilDate: one.ApproveUntilDate ?? null,
  };
}
