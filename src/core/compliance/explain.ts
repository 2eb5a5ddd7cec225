import { describeApproval, describeSubject } from '../baselines/explain-rule.ts';
import { matchesGroup } from '../baselines/filters.ts';
import type { PatchFilterGroup } from '../baselines/types.ts';
import type { Classified } from './classify.ts';
import { applyRule, type Candidate, type CompiledBaseline, releaseDate } from './judge.ts';

/** One question that the baseline asks about a version, in the order in which it asks. */
export interface ExplainStep {
  readonly title: string;
  /** `yes`: it speaks for the update; `no`: against it; `-`: it does not decide. */
  readonly answer: 'yes' | 'no' | '-';
  readonly detail: string;
}

/**
 * Why a baseline does or does not approve a version: every list, filter and rule with its answer and its dates. It asks
 * the same functions that judge, so that an explanation never differs from a verdict.
 */
export function explainCandidate(
  compiled: CompiledBaseline,
  candidate: Candidate,
  classified: Classified,
  now: Date,
): ExplainStep[] {
  const { baseline } = compiled;
  const steps: ExplainStep[] = [kindStep(classified), dateStep(candidate, now)];
  const rejected = compiled.rejected.find(({ matcher }) => matcher.matches(candidate));
  steps.push({
    title: 'RejectedPatches',
    answer: rejected === undefined ? '-' : 'no',
    detail:
      rejected === undefined ? 'does not name it' : `names it as ${rejected.text} (${baseline.RejectedPatchesAction})`,
  });
  const listed = compiled.approved.find(({ matcher }) => matcher.matches(candidate));
  const counts = candidate.security || baseline.ApprovedPatchesEnableNonSecurity;
  steps.push({
    title: 'ApprovedPatches',
    answer: listed === undefined ? '-' : counts ? 'yes' : 'no',
    detail:
      listed === undefined
        ? 'does not name it'
        : `names it as ${listed.text}${counts ? '' : ', but it is not a security update and ApprovedPatchesEnableNonSecurity is false'}`,
  });
  const passes = matchesGroup(baseline.GlobalFilters, candidate);
  const filters = baseline.GlobalFilters.PatchFilters.length;
  steps.push({
    title: 'GlobalFilters',
    answer: filters === 0 ? '-' : passes ? 'yes' : 'no',
    detail:
      filters === 0
        ? 'there are none'
        : passes
          ? 'let it pass'
          : `leave it out: ${failing(baseline.GlobalFilters, candidate)}`,
  });
  compiled.rules.forEach(({ rule }, index) => {
    const title = `Rule ${index + 1}`;
    const subject = describeSubject(rule, baseline.OperatingSystem);
    const outcome = applyRule(rule, candidate, now);
    const approval = describeApproval(rule);
    if (outcome.result === 'no-match') {
      steps.push({ title, answer: 'no', detail: `${subject}: ${failing(rule.PatchFilterGroup, candidate)}` });
    } else if (outcome.result === 'not-security') {
      steps.push({ title, answer: 'no', detail: `${subject}: nothing says that it is a security update` });
    } else {
      const level = rule.ComplianceLevel === undefined ? '' : `, compliance level ${rule.ComplianceLevel}`;
      const shorter =
        outcome.shortenedBy === null
          ? ''
          : `; the delay is ${outcome.delayDays} day${outcome.delayDays === 1 ? '' : 's'} because of ${outcome.shortenedBy}`;
      const verb =
        outcome.approvedAt === null
          ? 'released after that day, so never'
          : `approves it ${outcome.result === 'approved' ? `since ${moment(outcome.approvedAt)}` : `from ${moment(outcome.approvedAt)} on`}`;
      steps.push({
        title,
        answer: outcome.result === 'approved' ? 'yes' : 'no',
        detail: `${subject}, ${approval}: ${verb}${level}${shorter}`,
      });
    }
  });
  return steps;
}

function kindStep(classified: Classified): ExplainStep {
  const { classification, classificationSource, advisories, cves, exploited } = classified;
  const evidence =
    classificationSource === 'advisory'
      ? `by ${advisories.join(', ')}`
      : classificationSource === 'changelog'
        ? 'by the CVEs in its changelog'
        : classificationSource === 'archive'
          ? "by the archive's label only"
          : 'no advisory, changelog or archive label says more';
  const named =
    cves.length === 0 ? '' : `; ${cves.slice(0, 8).join(', ')}${cves.length > 8 ? ` and ${cves.length - 8} more` : ''}`;
  const known = exploited.length === 0 ? '' : `; known to be exploited: ${exploited.join(', ')}`;
  return {
    title: 'Classification',
    answer: '-',
    detail: `${classification ?? 'not known'}, ${evidence}${named}${known}`,
  };
}

function dateStep(candidate: Candidate, now: Date): ExplainStep {
  const from =
    candidate.releasedAt !== null
      ? "the advisory's date"
      : candidate.firstSeen !== null
        ? 'first seen here'
        : 'seen now for the first time';
  return { title: 'Release date', answer: '-', detail: `${moment(releaseDate(candidate, now))}, ${from}` };
}

function failing(group: PatchFilterGroup, candidate: Candidate): string {
  const filter = group.PatchFilters.find((one) => !matchesGroup({ PatchFilters: [one] }, candidate));
  if (filter === undefined) return 'no filter leaves it out';
  return `${filter.Key} is ${attributeText(filter.Key, candidate)}, not ${filter.Values.join(' or ')}`;
}

function attributeText(key: string, candidate: Candidate): string {
  const values: Readonly<Record<string, string | null>> = {
    PRODUCT: candidate.product,
    CLASSIFICATION: candidate.classification,
    SEVERITY: candidate.severity,
    PRIORITY: candidate.priority,
    SECTION: candidate.section,
    NAME: candidate.name,
    ARCH: candidate.arch,
    VERSION: candidate.version,
    ADVISORY_ID: candidate.advisoryIds.join(', '),
    CVE_ID: candidate.cves.join(', '),
    SECURITY: String(candidate.security),
  };
  return values[key] || 'not known';
}

function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
