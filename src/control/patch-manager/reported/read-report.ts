import type { SeverityLevel } from '../../../core/advisories/types.ts';
import { COMPLIANCE_LEVELS, type ComplianceLevel } from '../../../core/baselines/types.ts';
import { isNonCompliant } from '../../../core/compliance/summary.ts';
import type { PatchCounts, PatchResult, PatchState } from '../../../core/compliance/types.ts';
import type { Entry } from '../../../store/schema/inventory.ts';
import { severityLevelsOf, stateOf } from '../patch-words.ts';

/** What patch tooling found out by itself. */
export interface PatchReport {
  readonly baselineId: string;
  readonly patchGroup: string | null;
  readonly snapshotId: string | null;
  readonly operation: 'Scan' | 'Install';
  readonly rebootOption: 'RebootIfNeeded' | 'NoReboot' | null;
  readonly installOverrideList: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly counts: PatchCounts;
  readonly patches: readonly PatchResult[];
  /** When each was installed, by its place in `patches`; null: not told. */
  readonly installedAt: readonly (Date | null)[];
}

/** The one thing that is wrong with a report, in words. */
export class ReportFault extends Error {}

const COUNTERS = {
  InstalledCount: 'installed',
  InstalledOtherCount: 'installedOther',
  InstalledPendingRebootCount: 'installedPendingReboot',
  InstalledRejectedCount: 'installedRejected',
  MissingCount: 'missing',
  FailedCount: 'failed',
  NotApplicableCount: 'notApplicable',
  CriticalNonCompliantCount: 'criticalNonCompliant',
  SecurityNonCompliantCount: 'securityNonCompliant',
  OtherNonCompliantCount: 'otherNonCompliant',
} as const satisfies Record<string, keyof PatchCounts>;
/** What makes a node non-compliant is listed patch by patch: the list and its count must say the same. */
const LISTED: readonly [keyof typeof COUNTERS, PatchState][] = [
  ['MissingCount', 'MISSING'],
  ['FailedCount', 'FAILED'],
  ['InstalledRejectedCount', 'INSTALLED_REJECTED'],
  ['InstalledPendingRebootCount', 'INSTALLED_PENDING_REBOOT'],
];

/**
 * Reads the content of AWS:PatchSummary and AWS:ComplianceItem, as tooling that was written for AWS uploads them. Throws
 * ReportFault for anything that is not whole: half of a report would be a wrong one.
 */
export function readReport(summary: readonly Entry[], items: readonly Entry[]): PatchReport {
  const [one, ...more] = summary;
  if (one === undefined || more.length > 0) throw new ReportFault('AWS:PatchSummary has not exactly one entry');
  const rows = items.map(readItem);
  const ids = new Set(rows.map(({ patch }) => `${patch.name}\n${patch.architecture}`));
  if (ids.size !== rows.length) throw new ReportFault('an Id stands twice in AWS:ComplianceItem');
  const patches = rows.map(({ patch }) => patch);
  const counts = readCounts(one);
  for (const [key, state] of LISTED) {
    const listed = patches.filter((patch) => patch.state === state).length;
    if (counts[COUNTERS[key]] !== listed)
      throw new ReportFault(`${key} is ${counts[COUNTERS[key]]}, and AWS:ComplianceItem lists ${listed}`);
  }
  const [startedAt, endedAt] = [time(one, 'OperationStartTime'), time(one, 'OperationEndTime')];
  if (endedAt < startedAt) throw new ReportFault('OperationEndTime is before OperationStartTime');
  const operation = word(one, 'OperationType', ['Scan', 'Install'] as const);
  const reboots = one.RebootOption ? word(one, 'RebootOption', ['RebootIfNeeded', 'NoReboot'] as const) : null;
  const baselineId = /(?:^|\/)(pb-[0-9a-zA-Z]{1,40})$/.exec(one.BaselineId ?? '')?.[1];
  if (baselineId === undefined) throw new ReportFault('BaselineId is none of a patch baseline');
  return {
    baselineId,
    patchGroup: one.PatchGroup || null,
    snapshotId: one.SnapshotId || null,
    operation,
    rebootOption: operation === 'Install' ? reboots : null,
    installOverrideList: one.InstallOverrideList || null,
    startedAt,
    endedAt,
    counts,
    patches,
    installedAt: rows.map(({ installedAt }) => installedAt),
  };
}

function readCounts(entry: Entry): PatchCounts {
  const counts = Object.entries(COUNTERS).map(([key, name]) => [name, count(entry, key)] as const);
  const known = Object.fromEntries(counts) as Record<(typeof COUNTERS)[keyof typeof COUNTERS], number>;
  return { ...known, unreportedNotApplicable: -1, availableSecurityUpdate: 0 };
}

function count(entry: Entry, key: string): number {
  const text = entry[key] ?? (key === 'InstalledCount' || key === 'MissingCount' || key === 'FailedCount' ? '' : '0');
  if (!/^\d{1,7}$/.test(text)) throw new ReportFault(`${key} is no count`);
  return Number(text);
}

function time(entry: Entry, key: string): Date {
  const text = entry[key] ?? '';
  const date = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(date.getTime())) throw new ReportFault(`${key} is no time`);
  return date;
}

function word<T extends string>(entry: Entry, key: string, words: readonly T[]): T {
  const found = words.find((one) => one === entry[key]);
  if (found === undefined) throw new ReportFault(`${key} is none of ${words.join(', ')}`);
  return found;
}

function readItem(entry: Entry): { patch: PatchResult; installedAt: Date | null } {
  const { Id = '', Title = '', Status, PatchState = '', Severity = 'UNSPECIFIED', Classification = '' } = entry;
  const about = (what: string) => new ReportFault(`${JSON.stringify(Id.slice(0, 100))} ${what}`);
  if (Id === '') throw new ReportFault('an entry of AWS:ComplianceItem has no Id');
  const state = stateOf(PatchState);
  if (state === null) throw about('has a PatchState that is none');
  const isFailing = isNonCompliant(state);
  if (Status !== (isFailing ? 'NON_COMPLIANT' : 'COMPLIANT')) throw about(`is ${Status} and ${PatchState}`);
  const level = COMPLIANCE_LEVELS.find((one): one is ComplianceLevel => one === (Severity || 'UNSPECIFIED'));
  if (level === undefined) throw about('has a Severity that is no compliance level');
  const dot = Id.lastIndexOf('.');
  const version = Title.startsWith(`${Id}:`) ? Title.slice(Id.length + 1) : null;
  const absent = state === 'MISSING' || state === 'FAILED' || state === 'NOT_APPLICABLE';
  const at = new Date(entry.InstalledTime || Number.NaN);
  const mapped: SeverityLevel = severityLevelsOf(entry.PatchSeverity || 'Unspecified')[0] ?? 'unknown';
  const patch: PatchResult = {
    name: dot > 0 ? Id.slice(0, dot) : Id,
    architecture: dot > 0 ? Id.slice(dot + 1) : '',
    installedVersion: absent ? null : version,
    availableVersion: absent ? version : null,
    state,
    reason: REASON[state] ?? 'up-to-date',
    explanation: 'As the node reported it.',
    rule: { kind: 'none', index: null, text: 'judged on the node' },
    complianceLevel: level,
    classification: Classification || null,
    classificationSource: null,
    severity: { source: 'reported', raw: entry.PatchSeverity ?? '', mapped },
    advisories: [],
    cves: (entry.CVEIds ?? '').split(',').filter((cve) => /^CVE-\d{4}-\d{4,}$/.test(cve)),
    exploited: [],
    epss: null,
    firstSeen: null,
    approvedAt: null,
  };
  const isTold = !Number.isNaN(at.getTime()) && at.getTime() > 0;
  return { patch, installedAt: isTold && !absent ? at : null };
}

const REASON: Readonly<Partial<Record<PatchState, PatchResult['reason']>>> = {
  MISSING: 'update-approved',
  FAILED: 'install-failed',
  INSTALLED_PENDING_REBOOT: 'pending-reboot',
  INSTALLED_REJECTED: 'rejected-installed',
  NOT_APPLICABLE: 'dependency',
};
