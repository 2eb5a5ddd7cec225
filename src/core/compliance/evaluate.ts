import type { Knowledge } from '../advisories/types.ts';
import type { PatchBaseline } from '../baselines/types.ts';
import { classify, isSecurityOrigin } from './classify.ts';
import type { AvailableUpdate, InstalledPackage, Inventory } from './inventory.ts';
import { type Candidate, type CompiledBaseline, compileBaseline, type Judgement, judge, rejection } from './judge.ts';
import { countPatches, summarize } from './summary.ts';
import type { Evaluation, PatchReason, PatchResult, PatchState } from './types.ts';
import { sentence } from './wording.ts';

/** Packages that an install of ours just tried: names with architecture, as `name:arch`, to the message of the failure. */
export type FailedInstalls = ReadonlyMap<string, string>;

export interface EvaluateOptions {
  /** When this installation first saw a version; answers an ISO 8601 date or null. */
  readonly firstSeen: (update: AvailableUpdate) => string | null;
  /** Only after an install: what is still missing then has failed. */
  readonly failed?: FailedInstalls;
}

/**
 * Judges an inventory by a baseline: a patch state, the reason, the deciding rule and the severity of every package,
 * the counters of Systems Manager, and an overall status in which evidence that cannot be relied on is UNKNOWN.
 * Pure: the same question always has the same answer, for scan, dry run, install, image gate and preview alike.
 */
export function evaluate(
  inventory: Inventory,
  knowledge: Knowledge,
  baseline: PatchBaseline,
  now: Date,
  options: EvaluateOptions,
): Evaluation {
  const patches = evaluatePackages(inventory, knowledge, compileBaseline(baseline), now, options);
  const counts = countPatches(patches);
  return { ...summarize(counts, inventory.evidence, now), counts, patches };
}

function evaluatePackages(
  inventory: Inventory,
  knowledge: Knowledge,
  compiled: CompiledBaseline,
  now: Date,
  options: EvaluateOptions,
): PatchResult[] {
  const context: Context = {
    inventory,
    knowledge,
    compiled,
    now,
    options,
    pending: pendingReboot(inventory),
  };
  const updates = new Map(inventory.updates.map((update) => [identity(update), update]));
  const patches = inventory.packages.map((one) => {
    const update = updates.get(identity(one)) ?? updates.get(`${one.name}:all`) ?? null;
    if (update !== null) updates.delete(identity(update));
    return installedResult(context, one, update);
  });
  for (const update of updates.values()) {
    if (update.installedVersion === null) patches.push(newPackageResult(context, update));
  }
  return patches.sort((a, b) => (a.name === b.name ? order(a.architecture, b.architecture) : order(a.name, b.name)));
}

interface Context {
  readonly inventory: Inventory;
  readonly knowledge: Knowledge;
  readonly compiled: CompiledBaseline;
  readonly now: Date;
  readonly options: EvaluateOptions;
  readonly pending: ReadonlySet<string>;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function identity(one: { readonly name: string; readonly architecture: string }): string {
  return `${one.name}:${one.architecture}`;
}

/**
 * What waits for a reboot: the kernels that are installed and not booted, whoever installed them, and what Kintsugi
 * installed since the boot, as far as the machine's own signals ask for one.
 */
function pendingReboot(inventory: Inventory): ReadonlySet<string> {
  const { reboot, installedSinceBoot } = inventory;
  if (reboot.required !== true) return new Set();
  const named = new Set(reboot.reasons.flatMap((reason) => reason.packages));
  const kernels = new Set(
    reboot.reasons.filter(({ signal }) => signal === 'kernel').flatMap((reason) => reason.packages),
  );
  const unnamed = reboot.reasons.some((reason) => reason.packages.length === 0);
  const ours = installedSinceBoot.filter(({ name }) => unnamed || named.has(name)).map(identity);
  const booted = inventory.packages.filter(({ name }) => kernels.has(name)).map(identity);
  return new Set([...ours, ...booted]);
}

/** The available version as the baseline is asked about it. */
export function candidateOf(
  context: Pick<Context, 'inventory' | 'knowledge' | 'options'>,
  update: AvailableUpdate,
  installed: InstalledPackage | null,
) {
  const { os } = context.inventory.target;
  const classified = classify(
    {
      ecosystem: os.ecosystem,
      name: update.name,
      source: update.source,
      architecture: update.architecture,
      installedVersion: update.installedVersion,
      availableVersion: update.version,
      installedSourceVersion: installed?.sourceVersion ?? null,
      availableSourceVersion: update.sourceVersion,
    },
    update.origins,
    context.knowledge,
  );
  const candidate: Candidate = {
    ...attributes(context.inventory, update),
    classification: classified.classification,
    severity: classified.severity?.raw ?? null,
    security: classified.classification === 'Security',
    advisoryIds: classified.advisories,
    cves: classified.cves,
    exploited: classified.exploited,
    epss: classified.epss,
    releasedAt: classified.releasedAt,
    firstSeen: context.options.firstSeen(update),
  };
  return { classified, candidate };
}

function attributes(inventory: Inventory, one: InstalledPackage | AvailableUpdate) {
  return {
    product: inventory.target.os.product,
    name: one.name,
    version: one.version,
    arch: one.architecture,
    architecture: one.architecture,
    priority: one.priority,
    section: one.section,
  };
}

/** The installed version as the baseline is asked about it: no delay counts, for it is there already. */
function installedCandidate(context: Context, one: InstalledPackage): Candidate {
  const security = one.origins.some(isSecurityOrigin);
  return {
    ...attributes(context.inventory, one),
    classification: security ? 'Security' : null,
    severity: null,
    security,
    advisoryIds: [],
    cves: [],
    exploited: [],
    epss: null,
    releasedAt: '0001-01-01T00:00:00Z',
    firstSeen: null,
  };
}

function installedResult(context: Context, one: InstalledPackage, update: AvailableUpdate | null): PatchResult {
  const own = installedCandidate(context, one);
  const rejected = rejection(context.compiled, own);
  const standing = judge(context.compiled, own, context.now);
  const matched = standing.verdict === 'approved';
  const base = { name: one.name, architecture: one.architecture, installedVersion: one.version };
  if (one.status !== 'installed') {
    return result(context, base, update, {
      state: 'MISSING',
      reason: 'half-configured',
      judgement: standing,
      detail: one.status,
    });
  }
  if (rejected !== null && context.compiled.baseline.RejectedPatchesAction === 'BLOCK') {
    return result(context, base, update, {
      state: 'INSTALLED_REJECTED',
      reason: 'rejected-installed',
      judgement: standing,
    });
  }
  if (context.pending.has(identity(one))) {
    return result(context, base, update, {
      state: 'INSTALLED_PENDING_REBOOT',
      reason: 'pending-reboot',
      judgement: standing,
    });
  }
  const here: PatchState = matched ? 'INSTALLED' : 'INSTALLED_OTHER';
  if (update === null) {
    return result(context, base, null, {
      state: here,
      reason: rejected === null ? 'up-to-date' : 'rejected',
      judgement: standing,
    });
  }
  const { candidate, classified } = candidateOf(context, update, one);
  const judgement = judge(context.compiled, candidate, context.now);
  const failure = context.options.failed?.get(identity(one));
  const { state, reason } = outcome(judgement, update, here, failure);
  return result(context, base, update, {
    state,
    reason,
    judgement,
    classified,
    candidate,
    detail: failure ?? update.blocked?.detail ?? null,
  });
}

function outcome(
  judgement: Judgement,
  update: AvailableUpdate,
  here: PatchState,
  failure: string | undefined,
): { state: PatchState; reason: PatchReason } {
  if (judgement.verdict !== 'approved') return { state: here, reason: judgement.verdict };
  // The publisher offers a phased update to some machines first: for this one it is not there yet.
  if (update.blocked?.reason === 'phased') return { state: 'INSTALLED', reason: 'phased' };
  if (failure !== undefined) return { state: 'FAILED', reason: 'install-failed' };
  return { state: 'MISSING', reason: update.blocked?.reason ?? 'update-approved' };
}

/** A new package that updates pull in: missing when the baseline approves it too, otherwise it comes as a dependency or not at all. */
function newPackageResult(context: Context, update: AvailableUpdate): PatchResult {
  const { candidate, classified } = candidateOf(context, update, null);
  const judgement = judge(context.compiled, candidate, context.now);
  const state: PatchState = judgement.verdict === 'approved' ? 'MISSING' : 'NOT_APPLICABLE';
  const base = { name: update.name, architecture: update.architecture, installedVersion: null };
  return result(context, base, update, { state, reason: 'dependency', judgement, classified, candidate });
}

interface Finding {
  readonly state: PatchState;
  readonly reason: PatchReason;
  readonly judgement: Judgement;
  readonly classified?: ReturnType<typeof classify>;
  readonly candidate?: Candidate;
  readonly detail?: string | null;
}

function result(
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
