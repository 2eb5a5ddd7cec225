import { customType, doublePrecision, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { Severity, SeverityLevel } from '../../core/advisories/types.ts';
import type { ComplianceLevel, OperatingSystem, PatchBaseline } from '../../core/baselines/types.ts';
import type { ComplianceStatus, PatchReason, PatchResult, PatchState } from '../../core/compliance/types.ts';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const operatingSystem = () => text('operating_system').$type<OperatingSystem>().notNull();
const names = (name: string) => jsonb(name).$type<readonly string[]>().notNull();

/** Mirrors migration 0010, as the tables up to `patchSnapshotLink` do. */
export const patchBaseline = pgTable(
  'patch_baseline',
  {
    account: text().notNull(),
    baselineId: text('baseline_id').notNull(),
    name: text().notNull(),
    operatingSystem: operatingSystem(),
    content: jsonb().$type<PatchBaseline>().notNull(),
    clientTokenHash: bytea('client_token_hash'),
    requestHash: bytea('request_hash'),
    createdAt: instant('created_at').notNull(),
    modifiedAt: instant('modified_at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.baselineId] })],
);

export const patchGroup = pgTable(
  'patch_group',
  {
    account: text().notNull(),
    patchGroup: text('patch_group').notNull(),
    operatingSystem: operatingSystem(),
    baselineId: text('baseline_id').notNull(),
    registeredAt: instant('registered_at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.patchGroup, row.operatingSystem] })],
);

export const defaultPatchBaseline = pgTable(
  'default_patch_baseline',
  {
    account: text().notNull(),
    operatingSystem: operatingSystem(),
    baselineId: text('baseline_id').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.operatingSystem] })],
);

export const patchSnapshot = pgTable(
  'patch_snapshot',
  {
    account: text().notNull(),
    patchGroup: text('patch_group').notNull(),
    operatingSystem: operatingSystem(),
    snapshotId: text('snapshot_id').notNull(),
    baseline: jsonb().$type<PatchBaseline>().notNull(),
    createdAt: instant('created_at'),
    modifiedAt: instant('modified_at'),
    frozenAt: instant('frozen_at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.patchGroup, row.operatingSystem, row.snapshotId] })],
);

export const patchSnapshotLink = pgTable(
  'patch_snapshot_link',
  {
    account: text().notNull(),
    tokenHash: bytea('token_hash').notNull(),
    patchGroup: text('patch_group').notNull(),
    operatingSystem: operatingSystem(),
    snapshotId: text('snapshot_id').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.tokenHash] })],
);

/** How many items of each level are compliant and not. */
export type ComplianceTally = Readonly<
  Record<'COMPLIANT' | 'NON_COMPLIANT', Readonly<Record<ComplianceLevel, number>>>
>;

/** Mirrors migration 0011, as the tables below do. One row a node: its last operation. */
export const patchState = pgTable(
  'patch_state',
  {
    account: text().notNull(),
    instanceId: text('instance_id').notNull(),
    patchGroup: text('patch_group').notNull(),
    baselineId: text('baseline_id').notNull(),
    operatingSystem: operatingSystem(),
    product: text().notNull(),
    snapshotId: text('snapshot_id'),
    operation: text().$type<'Scan' | 'Install'>().notNull(),
    rebootOption: text('reboot_option').$type<'RebootIfNeeded' | 'NoReboot'>(),
    installOverrideList: text('install_override_list'),
    startedAt: instant('started_at').notNull(),
    endedAt: instant('ended_at').notNull(),
    lastNoRebootInstallAt: instant('last_no_reboot_install_at'),
    status: text().$type<ComplianceStatus>().notNull(),
    statusReasons: names('status_reasons'),
    installed: integer().notNull(),
    installedOther: integer('installed_other').notNull(),
    installedPendingReboot: integer('installed_pending_reboot').notNull(),
    installedRejected: integer('installed_rejected').notNull(),
    missing: integer().notNull(),
    failed: integer().notNull(),
    notApplicable: integer('not_applicable').notNull(),
    unreportedNotApplicable: integer('unreported_not_applicable').notNull(),
    availableSecurityUpdate: integer('available_security_update').notNull(),
    criticalNonCompliant: integer('critical_non_compliant').notNull(),
    securityNonCompliant: integer('security_non_compliant').notNull(),
    otherNonCompliant: integer('other_non_compliant').notNull(),
    compliance: jsonb().$type<ComplianceTally>().notNull(),
    patchesHash: bytea('patches_hash').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.instanceId] })],
);

/** What a result holds beside its columns. */
export type PatchResultDetail = Pick<
  PatchResult,
  | 'explanation'
  | 'rule'
  | 'classificationSource'
  | 'severity'
  | 'advisories'
  | 'cves'
  | 'exploited'
  | 'epss'
  | 'firstSeen'
  | 'approvedAt'
>;

export const patchResult = pgTable(
  'patch_result',
  {
    account: text().notNull(),
    instanceId: text('instance_id').notNull(),
    name: text().notNull(),
    architecture: text().notNull(),
    installedVersion: text('installed_version'),
    availableVersion: text('available_version'),
    state: text().$type<PatchState>().notNull(),
    reason: text().$type<PatchReason>().notNull(),
    complianceLevel: text('compliance_level').$type<ComplianceLevel>().notNull(),
    classification: text(),
    severity: text().$type<SeverityLevel>(),
    detail: jsonb().$type<PatchResultDetail>(),
    installedAt: instant('installed_at'),
  },
  (row) => [primaryKey({ columns: [row.account, row.instanceId, row.name, row.architecture] })],
);

export const availablePatch = pgTable(
  'available_patch',
  {
    account: text().notNull(),
    product: text().notNull(),
    name: text().notNull(),
    architecture: text().notNull(),
    version: text().notNull(),
    operatingSystem: operatingSystem(),
    classification: text(),
    severity: jsonb().$type<Severity>(),
    priority: text().notNull(),
    section: text().notNull(),
    repository: text(),
    advisories: names('advisories'),
    cves: names('cves'),
    exploited: names('exploited'),
    epss: doublePrecision(),
    releasedAt: instant('released_at'),
    firstSeen: instant('first_seen').notNull(),
    lastSeen: instant('last_seen').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.product, row.name, row.architecture, row.version] })],
);
