import type { Severity } from '../advisories/types.ts';
import type { ComplianceLevel } from '../baselines/types.ts';
import type { Problem, RebootReason, Target } from './inventory.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-compliance-states.html */
export const PATCH_STATES = [
  'INSTALLED',
  'INSTALLED_OTHER',
  'INSTALLED_PENDING_REBOOT',
  'INSTALLED_REJECTED',
  'MISSING',
  'FAILED',
  'NOT_APPLICABLE',
  'AVAILABLE_SECURITY_UPDATE',
] as const;
export type PatchState = (typeof PATCH_STATES)[number];

export type ComplianceStatus = 'COMPLIANT' | 'NON_COMPLIANT' | 'UNKNOWN';

/** Why a package is in its state: what no peer says. */
export const PATCH_REASONS = [
  'up-to-date',
  'update-approved',
  'not-yet-approved',
  'not-security',
  'no-rule-matches',
  'global-filters',
  'rejected',
  'rejected-installed',
  'held',
  'phased',
  'kept-back',
  'conffile-blocked',
  'half-configured',
  'dependency',
  'pending-reboot',
  'install-failed',
] as const;
export type PatchReason = (typeof PATCH_REASONS)[number];

/** The part of the baseline that decided. `index` counts from 0 within the list named by `kind`. */
export interface DecidingRule {
  readonly kind: 'approval-rule' | 'approved-patches' | 'rejected-patches' | 'global-filters' | 'none';
  readonly index: number | null;
  /** The rule in one line of plain words, for tables. */
  readonly text: string;
}

export interface PatchResult {
  readonly name: string;
  readonly architecture: string;
  readonly installedVersion: string | null;
  readonly availableVersion: string | null;
  readonly state: PatchState;
  readonly reason: PatchReason;
  /** The reason as a sentence, with dates and names. */
  readonly explanation: string;
  readonly rule: DecidingRule;
  readonly complianceLevel: ComplianceLevel;
  readonly classification: string | null;
  /** Which evidence said so: an advisory, the changelog, or the archive's label as the last resort. */
  readonly classificationSource: 'advisory' | 'changelog' | 'archive' | null;
  readonly severity: Severity | null;
  readonly advisories: readonly string[];
  readonly cves: readonly string[];
  /** Those of `cves` that are known to be exploited. */
  readonly exploited: readonly string[];
  /** Highest EPSS of `cves`, 0..1. */
  readonly epss: number | null;
  /** ISO 8601: when this installation first saw the available version. */
  readonly firstSeen: string | null;
  /** ISO 8601: when the update becomes approved, for `not-yet-approved`. */
  readonly approvedAt: string | null;
}

/** The counters of AWS's InstancePatchState. */
export interface PatchCounts {
  readonly installed: number;
  readonly installedOther: number;
  readonly installedPendingReboot: number;
  readonly installedRejected: number;
  readonly missing: number;
  readonly failed: number;
  readonly notApplicable: number;
  /** -1: not told (AWS's own word for it). */
  readonly unreportedNotApplicable: number;
  readonly availableSecurityUpdate: number;
  readonly criticalNonCompliant: number;
  readonly securityNonCompliant: number;
  readonly otherNonCompliant: number;
}

export interface Evaluation {
  readonly status: ComplianceStatus;
  /** Why the status is what it is, most important first. */
  readonly statusReasons: readonly string[];
  readonly counts: PatchCounts;
  /** Every package, sorted by name and architecture. */
  readonly patches: readonly PatchResult[];
}

/** The documented JSON of `kintsugi scan`. Version 1 only ever gains fields; schema: `documents/scan.schema.json`. */
export interface ScanReport {
  readonly schemaVersion: 1;
  readonly target: Target;
  readonly status: ComplianceStatus;
  readonly statusReasons: readonly string[];
  /** ISO 8601 */
  readonly scannedAt: string;
  readonly listsUpdatedAt: string | null;
  readonly baseline: {
    readonly name: string;
    readonly id: string | null;
    readonly operatingSystem: string;
    readonly from: string;
  };
  readonly counts: PatchCounts;
  /** null: cannot be told. */
  readonly rebootRequired: boolean | null;
  readonly rebootReasons: readonly RebootReason[];
  readonly problems: readonly Problem[];
  /** Updates and everything that is not simply installed; every installed package as well with `--all`. */
  readonly patches: readonly PatchResult[];
}
