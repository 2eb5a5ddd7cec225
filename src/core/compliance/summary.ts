import type { Evidence } from './inventory.ts';
import type { ComplianceStatus, PatchCounts, PatchResult, PatchState } from './types.ts';

const NON_COMPLIANT: ReadonlySet<PatchState> = new Set([
  'MISSING',
  'FAILED',
  'INSTALLED_REJECTED',
  'INSTALLED_PENDING_REBOOT',
]);

export function isNonCompliant(state: PatchState): boolean {
  return NON_COMPLIANT.has(state);
}

/**
 * The counters of InstancePatchState. A non-compliant patch is counted once: as critical by its compliance level, else
 * as security by its classification, else as other.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstancePatchState.html
 */
export function countPatches(patches: Iterable<PatchResult>): PatchCounts {
  const states: Record<PatchState, number> = {
    INSTALLED: 0,
    INSTALLED_OTHER: 0,
    INSTALLED_PENDING_REBOOT: 0,
    INSTALLED_REJECTED: 0,
    MISSING: 0,
    FAILED: 0,
    NOT_APPLICABLE: 0,
    AVAILABLE_SECURITY_UPDATE: 0,
  };
  let critical = 0;
  let security = 0;
  let other = 0;
  for (const patch of patches) {
    states[patch.state] += 1;
    if (!isNonCompliant(patch.state)) continue;
    if (patch.complianceLevel === 'CRITICAL') critical += 1;
    else if (patch.classification === 'Security') security += 1;
    else other += 1;
  }
  return {
    installed: states.INSTALLED,
    installedOther: states.INSTALLED_OTHER,
    installedPendingReboot: states.INSTALLED_PENDING_REBOOT,
    installedRejected: states.INSTALLED_REJECTED,
    missing: states.MISSING,
    failed: states.FAILED,
    notApplicable: states.NOT_APPLICABLE,
    unreportedNotApplicable: -1,
    availableSecurityUpdate: states.AVAILABLE_SECURITY_UPDATE,
    criticalNonCompliant: critical,
    securityNonCompliant: security,
    otherNonCompliant: other,
  };
}

/** How long evidence may be relied on: past it, what was compliant is UNKNOWN. */
export const EVIDENCE_STALE_AFTER_DAYS = 2;

/** The whole in one word. Evidence that failed, is incomplete or is old makes it UNKNOWN, whatever the counts say. */
export function summarize(
  counts: PatchCounts,
  evidence: Evidence,
  now: Date,
): { status: ComplianceStatus; statusReasons: string[] } {
  const unknown = evidence.problems.filter((problem) => problem.unknown).map((problem) => problem.message);
  const age = now.getTime() - Date.parse(evidence.gatheredAt);
  if (Number.isNaN(age)) unknown.push('It cannot be told from when the inventory is.');
  else if (age > EVIDENCE_STALE_AFTER_DAYS * 86_400_000) {
    unknown.push(`The inventory is from ${evidence.gatheredAt}, older than ${EVIDENCE_STALE_AFTER_DAYS} days.`);
  }
  const reasons = nonCompliantReasons(counts);
  if (unknown.length > 0) return { status: 'UNKNOWN', statusReasons: [...unknown, ...reasons] };
  return reasons.length > 0
    ? { status: 'NON_COMPLIANT', statusReasons: reasons }
    : { status: 'COMPLIANT', statusReasons: [] };
}

function nonCompliantReasons(counts: PatchCounts): string[] {
  const phrase = (count: number, one: string, many: string) =>
    count === 0 ? [] : [count === 1 ? `1 ${one}.` : `${count} ${many}.`];
  return [
    ...phrase(counts.failed, 'patch failed to install', 'patches failed to install'),
    ...phrase(counts.missing, 'approved patch is missing', 'approved patches are missing'),
    ...phrase(counts.installedRejected, 'rejected package is installed', 'rejected packages are installed'),
    ...phrase(
      counts.installedPendingReboot,
      'installed patch waits for a reboot',
      'installed patches wait for a reboot',
    ),
  ];
}
