import { knowledgeAt } from '../advisories/knowledge-at.ts';
import type { Knowledge } from '../advisories/types.ts';
import type { PatchBaseline } from '../baselines/types.ts';
import { candidateOf, installedCandidate, listedAt } from './candidate.ts';
import { isSecurityOrigin } from './classify.ts';
import { type Context, type EvaluateOptions, identity } from './context.ts';
import type { AvailableUpdate, InstalledPackage, Inventory } from './inventory.ts';
import { type Candidate, compileBaseline, type Judgement, judgeAt } from './judge.ts';
import { plainResult, result } from './result.ts';
import { countPatches, summarize } from './summary.ts';
import type { Evaluation, PatchReason, PatchResult, PatchState } from './types.ts';

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
  return evaluator(knowledge, baseline, now, options)(inventory);
}

/**
 * The same for many targets: what one target taught about a step between two versions serves all others. An evaluator
 * holds for one moment, one baseline and one state of knowledge.
 */
export function evaluator(
  knowledge: Knowledge,
  baseline: PatchBaseline,
  now: Date,
  options: EvaluateOptions,
): (inventory: Inventory) => Evaluation {
  const { frozenAt } = options;
  const shared = {
    knowledge,
    approving: frozenAt === undefined || frozenAt >= now ? knowledge : knowledgeAt(knowledge, frozenAt, now),
    compiled: compileBaseline(baseline),
    now,
    options,
    judged: new Map<string, PatchResult>(),
  };
  return (inventory) => {
    const patches = evaluatePackages({ ...shared, inventory, pending: pendingReboot(inventory) });
    const counts = countPatches(patches);
    return { ...summarize(counts, inventory.evidence, now), counts, patches };
  };
}

function judged({ compiled, now, options }: Context, candidate: Candidate): Judgement {
  return judgeAt(compiled, candidate, { now, frozenAt: options.frozenAt });
}

function evaluatePackages(context: Context): PatchResult[] {
  const { inventory } = context;
  const updates = new Map<string, AvailableUpdate[]>();
  for (const update of inventory.updates) {
    const known = updates.get(update.name);
    if (known === undefined) updates.set(update.name, [update]);
    else known.push(update);
  }
  const patches = inventory.packages.map((one) => {
    const offered = updates.get(one.name);
    if (offered === undefined) return installedResult(context, one, null);
    // A package may change between `all` and the machine's own architecture from one version to the next.
    const update =
      offered.find(({ architecture }) => architecture === one.architecture) ??
      offered.find(
        ({ architecture, installedVersion }) => architecture === 'all' && installedVersion === one.version,
      ) ??
      offered.find(({ installedVersion }) => one.architecture === 'all' && installedVersion === one.version);
    return installedResult(context, one, update ?? null);
  });
  for (const update of inventory.updates) {
    if (update.installedVersion === null) patches.push(newPackageResult(context, update));
  }
  return isSorted(patches) ? patches : patches.sort(byName);
}

/** dpkg answers in this order already, and looking is much cheaper than sorting. */
function isSorted(patches: readonly PatchResult[]): boolean {
  for (let index = 1; index < patches.length; index += 1) {
    const one = patches[index];
    const before = patches[index - 1];
    if (one !== undefined && before !== undefined && byName(before, one) > 0) return false;
  }
  return true;
}

function byName(a: PatchResult, b: PatchResult): number {
  return a.name === b.name ? order(a.architecture, b.architecture) : order(a.name, b.name);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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

function installedResult(context: Context, one: InstalledPackage, update: AvailableUpdate | null): PatchResult {
  const { compiled, pending } = context;
  const security = one.origins.some(isSecurityOrigin);
  const waits = pending.size > 0 && pending.has(identity(one));
  const failure = context.options.failed?.get(identity(one));
  const listed = context.options.broughtByList?.has(identity(one)) === true;
  const usual = one.status === 'installed' && !waits && failure === undefined && !listed;
  if (update === null) {
    if (usual && !security && compiled.onlySecurityByRule) return plainResult(one);
    return presentResult(context, one, { security, waits, failure });
  }
  const key = usual
    ? judgedKey(context.inventory, one, update, security, context.options.frozenAt !== undefined)
    : null;
  const known = key === null ? undefined : context.judged.get(key);
  if (known !== undefined) return known;
  const found = updateResult(context, one, update, { security, waits, failure });
  if (key !== null) context.judged.set(key, found);
  return found;
}

/** Everything that the result of an update depends on and that can differ between two targets. */
function judgedKey(
  { target, evidence }: Inventory,
  one: InstalledPackage,
  update: AvailableUpdate,
  security: boolean,
  frozen: boolean,
): string {
  const from = update.origins.some(isSecurityOrigin) ? 's' : '-';
  const { os } = target;
  return `${os.ecosystem}\n${os.product}\n${one.name}\n${one.architecture}\n${one.version}\n${update.architecture}\n${update.version}\n${security ? 's' : '-'}${from}\n${update.blocked?.reason ?? ''}\n${update.blocked?.detail ?? ''}\n${update.priority}\n${update.section}\n${one.priority}\n${one.section}\n${update.source}\n${update.sourceVersion}\n${one.sourceVersion}\n${frozen ? listedAt(evidence) : ''}`;
}

/** What is known of an installed package beside its record. */
interface Seen {
  /** A security archive offers the installed version. */
  readonly security: boolean;
  /** It waits for a reboot. */
  readonly waits: boolean;
  /** Why its installation just failed. */
  readonly failure: string | undefined;
}

/** A package without an update. */
function presentResult(context: Context, one: InstalledPackage, seen: Seen): PatchResult {
  const judgement = judged(context, installedCandidate(context, one, seen.security));
  const { state, reason, detail } = standing(context, one, judgement, seen);
  return result(context, installedBase(one), null, { state, reason, judgement, detail });
}

const BROUGHT_BY_LIST = 'Installed by the list of the run; the baseline had not approved it.';

/** The state of the installed version alone, by the judgement of it. */
function standing(
  context: Context,
  one: InstalledPackage,
  judgement: Judgement,
  seen: Seen,
): { state: PatchState; reason: PatchReason; detail: string | null } {
  if (one.status !== 'installed') {
    return seen.failure === undefined
      ? { state: 'MISSING', reason: 'half-configured', detail: one.status }
      : { state: 'FAILED', reason: 'install-failed', detail: seen.failure };
  }
  const isRejected = judgement.verdict === 'rejected';
  if (isRejected && context.compiled.baseline.RejectedPatchesAction === 'BLOCK') {
    return { state: 'INSTALLED_REJECTED', reason: 'rejected-installed', detail: null };
  }
  if (seen.waits) return { state: 'INSTALLED_PENDING_REBOOT', reason: 'pending-reboot', detail: null };
  if (context.options.broughtByList?.has(identity(one)))
    return { state: 'INSTALLED_OTHER', reason: 'up-to-date', detail: BROUGHT_BY_LIST };
  const state = judgement.verdict === 'approved' ? 'INSTALLED' : 'INSTALLED_OTHER';
  return { state, reason: isRejected ? 'rejected' : 'up-to-date', detail: null };
}

function installedBase(one: InstalledPackage) {
  return { name: one.name, architecture: one.architecture, installedVersion: one.version };
}

function updateResult(context: Context, one: InstalledPackage, update: AvailableUpdate, seen: Seen): PatchResult {
  const own = judged(context, installedCandidate(context, one, seen.security));
  const here = standing(context, one, own, seen);
  if (here.state === 'INSTALLED_REJECTED') {
    return result(context, installedBase(one), update, { ...here, judgement: own });
  }
  const { candidate, classified } = candidateOf(context, update, one);
  const judgement = judged(context, candidate);
  const evidence = { judgement, classified, candidate };
  const found = outcome(judgement, update, here.state, seen.failure);
  // A half-configured package is missing until it is mended, and one that waits for a reboot still lacks its next fix.
  const decides = one.status === 'installed' && (!seen.waits || found.state === 'MISSING' || found.state === 'FAILED');
  if (!decides) return result(context, installedBase(one), update, { ...here, ...evidence });
  const detail = seen.failure ?? update.blocked?.detail ?? null;
  return result(context, installedBase(one), update, { ...found, ...evidence, detail });
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
  const judgement = judged(context, candidate);
  const state: PatchState = judgement.verdict === 'approved' ? 'MISSING' : 'NOT_APPLICABLE';
  const base = { name: update.name, architecture: update.architecture, installedVersion: null };
  return result(context, base, update, { state, reason: 'dependency', judgement, classified, candidate });
}
