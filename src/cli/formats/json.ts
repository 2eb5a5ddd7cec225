import { asciiJson } from '../../core/ascii-json.ts';
import type { ScanReport } from '../../core/compliance/types.ts';

export interface JsonOptions {
  /** Columns of the terminal; null where it is none: then the document is one line. */
  readonly width: number | null;
}

/** `value` with `keys` first and in this order, so that two scans differ only where their facts do. */
function ordered<T extends object>(value: T, keys: readonly (keyof T & string)[]): T {
  const first = new Set<string>(keys);
  const rest = Object.keys(value).filter((key) => !first.has(key));
  const entries = new Map(Object.entries(value));
  const present = [...keys.filter((key) => entries.has(key)), ...rest.sort()];
  return Object.fromEntries(present.map((key) => [key, entries.get(key)])) as T;
}

/** The report itself, the contract of `documents/scan.schema.json`, its keys in the order of that schema. */
export function renderJson(report: ScanReport, options: JsonOptions): string {
  const { target, counts } = report;
  const stable: ScanReport = {
    ...report,
    target: ordered({ ...target, os: ordered(target.os, OS) }, TARGET),
    baseline: ordered(report.baseline, ['name', 'id', 'operatingSystem', 'from']),
    counts: ordered(counts, COUNTS),
    rebootReasons: report.rebootReasons.map((reason) => ordered(reason, ['signal', 'detail', 'packages'])),
    problems: report.problems.map((problem) => ordered(problem, ['code', 'unknown', 'message', 'next'])),
    patches: report.patches.map((patch) =>
      ordered(
        {
          ...patch,
          rule: ordered(patch.rule, ['kind', 'index', 'text']),
          severity: patch.severity === null ? null : ordered(patch.severity, ['source', 'raw', 'mapped']),
        },
        PATCH,
      ),
    ),
  };
  return asciiJson(ordered(stable, REPORT), options.width !== null);
}

const REPORT = [
  ...(['schemaVersion', 'target', 'status', 'statusReasons', 'scannedAt', 'listsUpdatedAt', 'baseline'] as const),
  ...(['counts', 'rebootRequired', 'rebootReasons', 'problems', 'patches'] as const),
];
const TARGET = ['access', 'address', 'hostname', 'os', 'architecture', 'kernel'] as const;
const OS = ['id', 'versionId', 'codename', 'prettyName', 'operatingSystem', 'product', 'ecosystem'] as const;
const COUNTS = [
  ...(['installed', 'installedOther', 'installedPendingReboot', 'installedRejected', 'missing', 'failed'] as const),
  ...(['notApplicable', 'unreportedNotApplicable', 'availableSecurityUpdate'] as const),
  ...(['criticalNonCompliant', 'securityNonCompliant', 'otherNonCompliant'] as const),
];
const PATCH = [
  ...(['name', 'architecture', 'installedVersion', 'availableVersion', 'state', 'reason', 'explanation'] as const),
  ...(['rule', 'complianceLevel', 'classification', 'classificationSource', 'severity', 'advisories'] as const),
  ...(['cves', 'exploited', 'epss', 'firstSeen', 'approvedAt'] as const),
];
