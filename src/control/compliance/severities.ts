import type { CompliantSummary, NonCompliantSummary, SeveritySummary } from '@aws-sdk/client-ssm';
import { COMPLIANCE_LEVELS, type ComplianceLevel } from '../../core/baselines/types.ts';
import type { Counts, ItemStatus } from '../../store/schema/compliance.ts';

export function noCounts(): Counts {
  const zeros = () =>
    Object.fromEntries(COMPLIANCE_LEVELS.map((severity) => [severity, 0])) as Record<ComplianceLevel, number>;
  return { COMPLIANT: zeros(), NON_COMPLIANT: zeros() };
}

export function countItems(items: Iterable<{ status: ItemStatus; severity: ComplianceLevel }>): Counts {
  const counts = noCounts();
  for (const { status, severity } of items) counts[status][severity] += 1;
  return counts;
}

/** One item that is not compliant makes the whole so; null where there is none at all. */
export function statusOf(counts: Counts): ItemStatus | null {
  if (sum(counts.NON_COMPLIANT) > 0) return 'NON_COMPLIANT';
  return sum(counts.COMPLIANT) > 0 ? 'COMPLIANT' : null;
}

/** The highest severity of what is not compliant; what is compliant has none to speak of. */
export function overallSeverity(counts: Counts): ComplianceLevel {
  return COMPLIANCE_LEVELS.find((severity) => counts.NON_COMPLIANT[severity] > 0) ?? 'UNSPECIFIED';
}

/** Both summaries as AWS answers them. */
export function summariesOf(counts: Counts): {
  CompliantSummary: CompliantSummary;
  NonCompliantSummary: NonCompliantSummary;
} {
  const { COMPLIANT, NON_COMPLIANT } = counts;
  return {
    CompliantSummary: { CompliantCount: sum(COMPLIANT), SeveritySummary: severitySummary(COMPLIANT) },
    NonCompliantSummary: { NonCompliantCount: sum(NON_COMPLIANT), SeveritySummary: severitySummary(NON_COMPLIANT) },
  };
}

function severitySummary(counts: Counts[ItemStatus]): SeveritySummary {
  return {
    CriticalCount: counts.CRITICAL,
    HighCount: counts.HIGH,
    MediumCount: counts.MEDIUM,
    LowCount: counts.LOW,
    InformationalCount: counts.INFORMATIONAL,
    UnspecifiedCount: counts.UNSPECIFIED,
  };
}

function sum(counts: Counts[ItemStatus]): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
