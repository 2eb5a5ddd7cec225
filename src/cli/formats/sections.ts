import type { SeverityLevel } from '../../core/advisories/types.ts';
import type { PatchReason, PatchResult, ScanReport } from '../../core/compliance/types.ts';

/** What a reader does about a patch: every format sorts a report's patches by it. */
export type Section = 'missing' | 'failed' | 'pending-reboot' | 'rejected' | 'not-approved' | 'installed';

export function sectionOf(patch: PatchResult): Section {
  switch (patch.state) {
    case 'MISSING':
      return 'missing';
    case 'FAILED':
      return 'failed';
    case 'INSTALLED_PENDING_REBOOT':
      return 'pending-reboot';
    case 'INSTALLED_REJECTED':
      return 'rejected';
    default:
      return patch.availableVersion === null ? 'installed' : 'not-approved';
  }
}

/** The sections that keep a target from being compliant. */
export const FAULTS: ReadonlySet<Section> = new Set<Section>(['missing', 'failed', 'pending-reboot', 'rejected']);

export function sections(report: ScanReport): Readonly<Record<Section, readonly PatchResult[]>> {
  const sorted: Record<Section, PatchResult[]> = {
    missing: [],
    failed: [],
    'pending-reboot': [],
    rejected: [],
    'not-approved': [],
    installed: [],
  };
  for (const patch of report.patches) sorted[sectionOf(patch)].push(patch);
  return sorted;
}

const RANK: Readonly<Record<SeverityLevel, number>> = { critical: 0, high: 1, medium: 2, low: 3, none: 4, unknown: 5 };

/** 0 is the most urgent; patches of which no severity is known come last. */
export function severityRank(patch: PatchResult): number {
  return patch.severity === null ? 6 : RANK[patch.severity.mapped];
}

/** The order in which a tired reader wants them: exploited, then severe, then by name. */
export function byUrgency(a: PatchResult, b: PatchResult): number {
  return (
    Number(b.exploited.length > 0) - Number(a.exploited.length > 0) ||
    severityRank(a) - severityRank(b) ||
    compareText(a.name, b.name) ||
    compareText(a.architecture, b.architecture)
  );
}

/** By code units: the order must not depend on the reader's locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Reasons in the words of a heading; the explanation of a patch has the names and dates. */
export const REASON_WORDS: Readonly<Record<PatchReason, string>> = {
  'up-to-date': 'up to date',
  'update-approved': 'approved',
  'not-yet-approved': 'not approved yet',
  'not-security': 'not security updates',
  'no-rule-matches': 'no approval rule matches',
  'global-filters': "left out by the baseline's global filters",
  rejected: 'rejected by the baseline',
  'rejected-installed': 'rejected by the baseline, and installed',
  held: 'on hold',
  phased: 'the archive hands them out in phases; not the turn of this machine yet',
  'kept-back': 'kept back: they need packages to be installed or removed',
  'conffile-blocked': 'a changed configuration file would be asked about',
  'half-configured': 'installed but not configured',
  dependency: 'needed by other packages only',
  'pending-reboot': 'waiting for a reboot',
  'install-failed': 'the installation failed',
};
