import type { Judgement } from './judge.ts';
import type { PatchReason } from './types.ts';

export interface Told {
  readonly reason: PatchReason;
  readonly judgement: Judgement;
  readonly releasedAt: string | null;
  readonly firstSeen: string | null;
  readonly detail: string | null;
}

/** The reason as one sentence with its rule and dates: what a person reads at 3 a.m. */
export function sentence(told: Told): string {
  const { judgement, detail } = told;
  const by = judgement.rule.text;
  switch (told.reason) {
    case 'up-to-date':
      if (detail !== null) return detail;
      return judgement.verdict === 'approved'
        ? `Installed, and approved by ${by}.`
        : 'Installed; the baseline does not speak of it.';
    case 'update-approved':
      return `Approved by ${by}.`;
    case 'not-yet-approved':
      return notYet(told);
    case 'not-security':
      return judgement.rule.kind === 'approved-patches'
        ? `Named by ${by}, but nothing says that it is a security update, and ApprovedPatchesEnableNonSecurity is false.`
        : `Nothing says that it is a security update, and ${by} approves only those.`;
    case 'no-rule-matches':
      return 'No approval rule of the baseline matches it.';
    case 'global-filters':
      return 'The global filters of the baseline leave it out.';
    case 'rejected':
      return `Rejected by ${by}.`;
    case 'rejected-installed':
      return `Installed, but rejected by ${by}.`;
    case 'held':
    case 'kept-back':
    case 'conffile-blocked':
      return `Approved by ${by}, but not installable now. ${detail ?? ''}`.trim();
    case 'phased':
      return detail ?? 'Its publisher does not offer it to this machine yet.';
    case 'half-configured':
      return `dpkg left it ${detail ?? 'unfinished'}: it is not fully installed.`;
    case 'dependency':
      return judgement.verdict === 'approved'
        ? `A new package that an update needs; approved by ${by}.`
        : 'A new package that an update needs.';
    case 'pending-reboot':
      return 'Installed, and in effect only after a reboot.';
    case 'install-failed':
      return `${judgement.verdict === 'approved' ? `Approved by ${by}, but its` : 'Its'} installation failed${detail ? `: ${detail}` : ''}.`;
  }
}

function notYet(told: Told): string {
  const { rule, approvedAt, frozenAt } = told.judgement;
  const since =
    told.releasedAt !== null
      ? `advisory of ${day(told.releasedAt)}`
      : told.firstSeen !== null
        ? `first seen ${day(told.firstSeen)}`
        : 'first seen now';
  if (frozenAt !== undefined) {
    return `Approved by ${rule.text}, but newer than the snapshot, which was frozen at ${minute(frozenAt)} UTC (${since}).`;
  }
  if (approvedAt === null) return `Released after the date up to which ${rule.text} approves (${since}).`;
  return `Approved by ${rule.text} from ${minute(approvedAt)} UTC on (${since}).`;
}

function minute(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

function day(iso: string): string {
  return iso.slice(0, 10);
}
