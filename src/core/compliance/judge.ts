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
  /** ISO 8601: when the target fetched the lists that offer it; null or absent: cannot be told. */
  readonly listedAt?: string | null;
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
  /** For `not-yet-approved`: the version cannot be told to have been there when the approvals were frozen. */
  readonly frozenAt?: Date;
}

/** When a version is judged. */
export interface Moment {
  readonly now: Date;
  /** When the approvals were frozen; absent: they are those of now. */
  readonly frozenAt?: Date | undefined;
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
 * Whether the baseline approves a version, as Systems Manager decides: a rejection wins over everything; then the list
 * of approved patches and, where the global filters let it pass, each approval rule may approve it, and the compliance
 * level is the highest among those that do. The list only ever adds: a name that does not count, because the version is
 * no security update, leaves the rules their say.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-linux-rules.html
 */
export function judge(compiled: CompiledBaseline, candidate: Candidate, now: Date): Judgement {
  const rejected = rejection(compiled, candidate);
  if (rejected !== null) return { verdict: 'rejected', rule: rejected, level: 'UNSPECIFIED', approvedAt: null };
  const listed = byList(compiled, candidate);
  const ruled = matchesGroup(compiled.baseline.GlobalFilters, candidate)
    ? byRules(compiled, candidate, now)
    : FILTERED_OUT;
  if (listed === null) return ruled;
  const rulesSayMore =
    listed.verdict === 'approved'
      ? ruled.verdict === 'approved' && outranks(ruled.level, listed.level)
      : ruled.verdict === 'approved' || ruled.verdict === 'not-yet-approved';
  return rulesSayMore ? ruled : listed;
}

const FILTERED_OUT: Judgement = {
  verdict: 'global-filters',
  rule: { kind: 'global-filters', index: null, text: 'GlobalFilters leave it out' },
  level: 'UNSPECIFIED',
  approvedAt: null,
};

/** null: ApprovedPatches does not name the candidate. */
function byList({ baseline, approved }: CompiledBaseline, candidate: Candidate): Judgement | null {
  const index = approved.findIndex(({ matcher }) => matcher.matches(candidate));
  if (index === -1) return null;
  const rule: DecidingRule = { kind: 'approved-patches', index, text: `ApprovedPatches: ${approved[index]?.text}` };
  return candidate.security || baseline.ApprovedPatchesEnableNonSecurity
    ? { verdict: 'approved', rule, level: baseline.ApprovedPatchesComplianceLevel, approvedAt: null }
    : { verdict: 'not-security', rule, level: 'UNSPECIFIED', approvedAt: null };
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

/**
 * The same for approvals that were frozen at a moment. What was approved then stays approved and nothing else becomes
 * so: no delay that ends later, no advisory of later, and no version that came later. A version was there by then when
 * this installation had seen it, or the target had fetched the lists that offer it; all else may be newer.
 */
export function judgeAt(compiled: CompiledBaseline, candidate: Candidate, { now, frozenAt }: Moment): Judgement {
  if (frozenAt === undefined || frozenAt >= now) return judge(compiled, candidate, now);
  const then = judge(compiled, candidate, frozenAt);
  if (then.verdict !== 'approved' || isThereBy(candidate, frozenAt)) return then;
  return { verdict: 'not-yet-approved', rule: then.rule, level: 'UNSPECIFIED', approvedAt: null, frozenAt };
}

function isThereBy({ firstSeen, listedAt }: Candidate, moment: Date): boolean {
  return [firstSeen, listedAt ?? null].some((text) => text !== null && Date.parse(text) <= moment.getTime());
}

export interface RuleOutcome {
  readonly result: 'no-match' | 'not-security' | 'waiting' | 'approved';
  /** For `approved` and `waiting`: the moment from which the rule approves; null: it never will (ApproveUntilDate has passed it by). */
  readonly approvedAt: Date | null;
  /** Days of delay after what KEV and EPSS made of it; null where a date decides. */
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
  const inTime =
    rule.ApproveUntilDate !== undefined && released.getTime() <= Date.parse(`${rule.ApproveUntilDate}T23:59:59Z`);
  if (inTime) return { ...not, result: 'approved', approvedAt: released };
  const delay = shortestDelay(rule, candidate);
  if (delay === null) return { ...not, result: 'waiting' };
  const approvedAt = new Date(released.getTime() + delay.days * DAY);
  return {
    result: delay.days === 0 || approvedAt <= now ? 'approved' : 'waiting',
    approvedAt,
    delayDays: delay.days,
    shortenedBy: delay.because,
  };
}

/** The advisory's date, else when this installation first saw the version, else now. Never 1970: that would approve at once. */
export function releaseDate(candidate: Candidate, now: Date): Date {
  for (const text of [candidate.releasedAt, candidate.firstSeen]) {
    const date = text === null ? null : new Date(text);
    if (date !== null && !Number.isNaN(date.getTime())) return date;
  }
  return now;
}

/** The rule's own delay or a shorter one for what is exploited; null: a rule that goes by a date has none. */
function shortestDelay(rule: PatchRule, candidate: Candidate): { days: number; because: string | null } | null {
  const own = rule.ApproveUntilDate === undefined ? { days: rule.ApproveAfterDays ?? 0, because: null } : null;
  const { KnownExploited, Epss } = rule.Kintsugi ?? {};
  let best: { days: number; because: string | null } | null = own;
  if (KnownExploited !== undefined && candidate.exploited.length > 0 && isShorter(KnownExploited, best)) {
    best = {
      days: KnownExploited.ApproveAfterDays,
      because: `${candidate.exploited.join(', ')} known to be exploited`,
    };
  }
  if (Epss !== undefined && (candidate.epss ?? -1) >= Epss.AtLeast && isShorter(Epss, best)) {
    best = { days: Epss.ApproveAfterDays, because: `EPSS ${candidate.epss} is at least ${Epss.AtLeast}` };
  }
  return best;
}

function isShorter(delay: { readonly ApproveAfterDays: number }, best: { readonly days: number } | null): boolean {
  return best === null || delay.ApproveAfterDays < best.days;
}
