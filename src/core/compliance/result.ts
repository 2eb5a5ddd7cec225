import type { classify } from './classify.ts';
import type { Context } from './context.ts';
import type { AvailableUpdate, InstalledPackage } from './inventory.ts';
import { type Candidate, type Judgement, NO_RULE } from './judge.ts';
import type { PatchReason, PatchResult, PatchState } from './types.ts';
import { sentence } from './wording.ts';

interface Finding {
  readonly state: PatchState;
  readonly reason: PatchReason;
  readonly judgement: Judgement;
  readonly classified?: ReturnType<typeof classify>;
  readonly candidate?: Candidate;
  readonly detail?: string | null;
}

/** A finding as the record that is reported. */
export function result(
  context: Context,
  base: Pick<PatchResult, 'name' | 'architecture' | 'installedVersion'>,
  update: AvailableUpdate | null,
  finding: Finding,
): PatchResult {
  const { classified, judgement } = finding;
  const firstSeen = update === null ? null : context.options.firstSeen(update);
  const approved = judgement.verdict === 'approved';
  return {
    name: base.name,
    architecture: base.architecture,
    installedVersion: base.installedVersion,
    availableVersion: update?.version ?? null,
    state: finding.state,
    reason: finding.reason,
    explanation: sentence({
      ...finding,
      releasedAt: finding.candidate?.releasedAt ?? null,
      firstSeen,
      detail: finding.detail ?? null,
    }),
    rule: judgement.rule,
    complianceLevel: approved ? judgement.level : 'UNSPECIFIED',
    classification: classified?.classification ?? null,
    classificationSource: classified?.classificationSource ?? null,
    severity: classified?.severity ?? null,
    advisories: classified?.advisories ?? [],
    cves: classified?.cves ?? [],
    exploited: classified?.exploited ?? [],
    epss: classified?.epss ?? null,
    firstSeen,
    approvedAt: judgement.verdict === 'not-yet-approved' ? (judgement.approvedAt?.toISOString() ?? null) : null,
  };
}

/** Installed, no update, nothing that any rule could ask about: the lot of most packages of most machines. */
export function plainResult(one: InstalledPackage): PatchResult {
  return { ...PLAIN, name: one.name, architecture: one.architecture, installedVersion: one.version };
}

const PLAIN: PatchResult = {
  name: '',
  architecture: '',
  installedVersion: null,
  availableVersion: null,
  state: 'INSTALLED_OTHER',
  reason: 'up-to-date',
  explanation: 'Installed; the baseline does not speak of it.',
  rule: NO_RULE,
  complianceLevel: 'UNSPECIFIED',
  classification: null,
  classificationSource: null,
  severity: null,
  advisories: [],
  cves: [],
  exploited: [],
  epss: null,
  firstSeen: null,
  approvedAt: null,
};
