/**
 * A patch baseline in Systems Manager's own field names, so that the JSON of `aws ssm get-patch-baseline` is one.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetPatchBaseline.html
 */

export const OPERATING_SYSTEMS = [
  'WINDOWS',
  'AMAZON_LINUX',
  'AMAZON_LINUX_2',
  'AMAZON_LINUX_2022',
  'UBUNTU',
  'REDHAT_ENTERPRISE_LINUX',
  'SUSE',
  'CENTOS',
  'ORACLE_LINUX',
  'DEBIAN',
  'MACOS',
  'RASPBIAN',
  'ROCKY_LINUX',
  'ALMA_LINUX',
  'AMAZON_LINUX_2023',
] as const;
export type OperatingSystem = (typeof OPERATING_SYSTEMS)[number];

/** Highest first: the order in which levels outrank each other. */
export const COMPLIANCE_LEVELS = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNSPECIFIED'] as const;
export type ComplianceLevel = (typeof COMPLIANCE_LEVELS)[number];

export const PATCH_FILTER_KEYS = [
  'ARCH',
  'ADVISORY_ID',
  'BUGZILLA_ID',
  'PATCH_SET',
  'PRODUCT',
  'PRODUCT_FAMILY',
  'CLASSIFICATION',
  'CVE_ID',
  'EPOCH',
  'MSRC_SEVERITY',
  'NAME',
  'PATCH_ID',
  'SECTION',
  'PRIORITY',
  'REPOSITORY',
  'RELEASE',
  'SEVERITY',
  'SECURITY',
  'VERSION',
] as const;
export type PatchFilterKey = (typeof PATCH_FILTER_KEYS)[number];

export interface PatchFilter {
  readonly Key: PatchFilterKey;
  readonly Values: readonly string[];
}

export interface PatchFilterGroup {
  readonly PatchFilters: readonly PatchFilter[];
}

/**
 * What Kintsugi adds to a rule: an exploited vulnerability may shorten the approval delay, never lengthen it.
 * `KnownExploited` asks CISA's KEV catalogue, `Epss` the exploit prediction score (0..1) of any CVE of the update.
 */
export interface RuleUrgency {
  readonly KnownExploited?: { readonly ApproveAfterDays: number };
  readonly Epss?: { readonly AtLeast: number; readonly ApproveAfterDays: number };
}

export interface PatchRule {
  readonly PatchFilterGroup: PatchFilterGroup;
  readonly ComplianceLevel?: ComplianceLevel;
  readonly ApproveAfterDays?: number;
  /** YYYY-MM-DD: approves what was released up to the end of that day, UTC. */
  readonly ApproveUntilDate?: string;
  readonly EnableNonSecurity?: boolean;
  readonly Kintsugi?: RuleUrgency;
}

export interface PatchSource {
  readonly Name: string;
  readonly Products: readonly string[];
  /** Repository configuration as the package manager reads it. May hold credentials: never logged. */
  readonly Configuration: string;
}

export type RejectedPatchesAction = 'ALLOW_AS_DEPENDENCY' | 'BLOCK';

/** A baseline with every default filled in. `BaselineId` is there for predefined baselines and for AWS's own JSON. */
export interface PatchBaseline {
  readonly BaselineId?: string;
  readonly Name: string;
  readonly Description?: string;
  readonly OperatingSystem: OperatingSystem;
  readonly GlobalFilters: PatchFilterGroup;
  readonly ApprovalRules: { readonly PatchRules: readonly PatchRule[] };
  readonly ApprovedPatches: readonly string[];
  readonly ApprovedPatchesComplianceLevel: ComplianceLevel;
  readonly ApprovedPatchesEnableNonSecurity: boolean;
  readonly RejectedPatches: readonly string[];
  readonly RejectedPatchesAction: RejectedPatchesAction;
  readonly Sources: readonly PatchSource[];
  readonly AvailableSecurityUpdatesComplianceStatus?: 'COMPLIANT' | 'NON_COMPLIANT';
}
