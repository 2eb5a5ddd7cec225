import { describeRule } from '../baselines/explain-rule.ts';
import { matchesGroup, type PatchAttributes } from '../baselines/filters.ts';
import { compilePatchName, type PatchNameMatcher } from '../baselines/patch-names.ts';
import { COMPLIANCE_LEVELS, type ComplianceLevel, type PatchBaseline, type PatchRule } from '../baselines/types.ts';
import type { DecidingRule } from './types.ts';

const DAY = 86_400_000;

/** A version to be judged, with everything that a baseline may ask about it. */
export interface Candidate extends PatchAttributes {
  readonly architecture: string;
  readonly exploited: readonly string[];
  readonly epss: number | null;
  /** ISO 8601 date of the advisory, or null. */
  readonly releasedAt: string | null;
  /** ISO 8601: when this installation first saw the version, or null: it sees it now. */
  readonly firstSeen: string | null;
}

export type Verdict =
  | 'approved'
  | 'not-yet-approved'
  | 'not-security'
  | 'no-rule-matches'
  | 'global-filters'
  | 'rejected';

export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: DecidingRule;
  readonly level: ComplianceLevel;
  /** When the update becomes approved, for `not-yet-approved`; null: with this rule never. */
  readonly approvedAt: Date | null;
}

export interface CompiledBaseline {
  readonly baseline: PatchBaseline;
  readonly approved: readonly { readonly text: string; readonly matcher: PatchNameMatcher }[];
  readonly rejected: readonly { readonly text: string; readonly matcher: PatchNameMatcher }[];
  readonly rules: readonly { readonly rule: PatchRule; readonly deciding: DecidingRule }[];
  /** No list names anything and every rule asks for security updates: what is none can be passed over. */
  readonly onlySecurityByRule: boolean;
}

/** Does once what is the same for every package. Names in the lists that cannot be read match nothing: `parseBaseline` refuses them. */
export function compileBaseline(baseline: PatchBaseline): CompiledBaseline {
  const names = (list: readonly string[]) =>
    list.flatMap((text) => {
      const matcher = compilePatchName(text, baseline.OperatingSystem);
      return 'error' in matcher ? [] : [{ text, matcher }];
    });
  const approved = names(baseline.ApprovedPatches);
  const rejected = names(baseline.RejectedPatches);
  return {
    baseline,
    approved,
    rejected,
    onlySecurityByRule:
      approved.length + rejected.length === 0 &&
      baseline.ApprovalRules.PatchRules.every(({ EnableNonSecurity }) => EnableNonSecurity !== true),
    rules: baseline.ApprovalRules.PatchRules.map((rule, index) => ({
      rule,
      deciding: { kind: 'approval-rule', index, text: describeRule(rule, index, baseline.OperatingSystem) },
    })),
  };
}

export const NO_RULE: DecidingRule = { kind: 'none', index: null, text: 'no rule matches' };

/** The entry of RejectedPatches that names the candidate. A rejection wins over every approval. */
export function rejection(compiled: CompiledBaseline, candidate: Candidate): DecidingRule | null {
  const index = compiled.rejected.findIndex(({ matcher }) => matcher.matches(candidate));
  if (index === -1) return null;
  return { kind: 'rejected-patches', index, text: `RejectedPatches: ${compiled.rejected[index]?.text}` };
}

/**
 * Whether the baseline approves a version, in the order of Systems Manager: rejected list, approved list, global
 * filters, approval rules. The compliance level is the highest among the rules that approve.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-linux-rules.html
 */
export function judge(compiled: CompiledBaseline, candidate: Candidate, now: Date): Judgement {
  const { baseline } = compiled;
  const rejected = rejection(compiled, candidate);
  if (rejected !== null) return { verdict: 'rejected', rule: rejected, level: 'UNSPECIFIED', approvedAt: null };

  const listed = compiled.approved.findIndex(({ matcher }) => matcher.matches(candidate));
  if (listed !== -1) {
    const rule: DecidingRule = {
      kind: 'approved-patches',
      index: listed,
      text: `ApprovedPatches: ${compiled.approved[listed]?.text}`,
    };
    if (candidate.security || baseline.ApprovedPatchesEnableNonSecurity) {
      return { verdict: 'approved', rule, level: baseline.ApprovedPatchesComplianceLevel, approvedAt: null };
    }
    return { verdict: 'not-security', rule, level: 'UNSPECIFIED', approvedAt: null };
  }
  if (!matchesGroup(baseline.GlobalFilters, candidate)) {
    const rule: DecidingRule = { kind: 'global-filters', index: null, text: 'GlobalFilters leave it out' };
    return { verdict: 'global-filters', rule, level: 'UNSPECIFIED', approvedAt: null };
  }
  return byRules(compiled, candidate, now);
}

function byRules(compiled: CompiledBaseline, candidate: Candidate, now: Date): Judgement {
  let approved: Judgement | null = null;
  let waiting: Judgement | null = null;
  let notSecurity: DecidingRule | null = null;
  for (const { rule, deciding } of compiled.rules) {
    const outcome = applyRule(rule, candidate, now);
    if (outcome.result === 'not-security') notSecurity ??= deciding;
    if (outcome.result === 'approved') {
      const level = rule.ComplianceLevel ?? 'UNSPECIFIED';
      if (approved === null || outranks(level, approved.level))
        approved = { verdict: 'approved', rule: deciding, level, approvedAt: null };
    }
    if (outcome.result === 'waiting') {
      const at = outcome.approvedAt?.getTime() ?? Number.POSITIVE_INFINITY;
      if (waiting === null || at < (waiting.approvedAt?.getTime() ?? Number.POSITIVE_INFINITY)) {
        waiting = { verdict: 'not-yet-approved', rule: deciding, level: 'UNSPECIFIED', approvedAt: outcome.approvedAt };
      }
    }
  }
  if (approved !== null) return approved;
  if (waiting !== null) return waiting;
  if (notSecurity !== null)
    return { verdict: 'not-security', rule: notSecurity, level: 'UNSPECIFIED', approvedAt: null };
  return { verdict: 'no-rule-matches', rule: NO_RULE, level: 'UNSPECIFIED', approvedAt: null };
}

function outranks(level: ComplianceLevel, other: ComplianceLevel): boolean {
  return COMPLIANCE_LEVELS.indexOf(level) < COMPLIANCE_LEVELS.indexOf(other);
}

export interface RuleOutcome {
  readonly result: 'no-match' | 'not-security' | 'waiting' | 'approved';
  /** For `approved` and `waiting`: the moment from which the rule approves; null: it never will (ApproveUntilDate has passed it by). */
  readonly approvedAt: Date | null;
  /** Days of delay after what KEV and EPSS made of it; null with ApproveUntilDate. */
  readonly delayDays: number | null;
  /** What shortened the delay, in words, or null. */
  readonly shortenedBy: string | null;
}

/** What one approval rule says of a version. */
export function applyRule(rule: PatchRule, candidate: Candidate, now: Date): RuleOutcome {
  const not = { approvedAt: null, delayDays: null, shortenedBy: null };
  if (!matchesGroup(rule.PatchFilterGroup, candidate)) return { result: 'no-match', ...not };
  if (!candidate.security && rule.EnableNonSecurity !== true) return { result: 'not-security', ...not };
  const released = releaseDate(candidate, now);
  if (rule.ApproveUntilDate !== undefined) {
    const approved = released.getTime() <= Date.parse(`${rule.ApproveUntilDate}T23:59:59Z`);
    return { ...not, result: approved ? 'approved' : 'waiting', approvedAt: approved ? released : null };
  }
  const { days, shortenedBy } = delay(rule, candidate);
  const approvedAt = new Date(released.getTime() + days * DAY);
  return { result: days === 0 || approvedAt <= now ? 'approved' : 'waiting', approvedAt, delayDays: days, shortenedBy };
}

/** The advisory's date, else when this installation first saw the version, else now. Never 1970: that would approve at once. */
export function releaseDate(candidate: Candidate, now: Date): Date {
  const date = candidate.releasedAt ?? candidate.firstSeen;
  return date === null ? now : new Date(date);
}

function delay(rule: PatchRule, candidate: Candidate): { days: number; shortenedBy: string | null } {
  let days = rule.ApproveAfterDays ?? 0;
  let shortenedBy: string | null = null;
  const { KnownExploited, Epss } = rule.Kintsugi ?? {};
  if (KnownExploited !== undefined && candidate.exploited.length > 0 && KnownExploited.ApproveAfterDays < days) {
    days = KnownExploited.ApproveAfterDays;
    shortenedBy = `${candidate.exploited.join(', ')} known to be exploited`;
  }
  if (Epss !== undefined && (candidate.epss ?? -1) >= Epss.AtLeast && Epss.ApproveAfterDays < days) {
    days = Epss.ApproveAfterDays;
    shortenedBy = `EPSS ${candidate.epss} is at least ${Epss.AtLeast}`;
  }
  return { days, shortenedBy };
}
