import type { Knowledge } from '../../../core/advisories/types.ts';
import type { InstallList } from '../../../core/baselines/install-list.ts';
import type { OperatingSystem, PatchBaseline } from '../../../core/baselines/types.ts';
import { type FailedInstalls, identity } from '../../../core/compliance/context.ts';
import type { Inventory } from '../../../core/compliance/inventory.ts';
import { type ErrorCode, KintsugiError } from '../../../core/errors.ts';
import { type Change, changesBetween, failures } from '../changes.ts';
import type { FirstSeen } from '../first-seen.ts';
import {
  checkIdle,
  checkSpace,
  install,
  needsRepair,
  type PatchOptions,
  prepare,
  repairFirst,
  runError,
} from '../patch.ts';
import { type PatchPlan, planPatch } from '../plan.ts';
import type { RunEnd } from '../run.ts';
import { gather, type Judged, judgeInventory } from '../scan.ts';
import type { Snapshot } from '../snapshots.ts';
import { agentTarget, type NodeMessenger, rebootSteps } from './agent-target.ts';
import { freshLists, type ListsRefresh, withRefresh } from './fresh-lists.ts';

/** What AWS-RunPatchBaseline asks of a node. */
export interface PatchRunRequest {
  readonly instanceId: string;
  readonly operation: 'Scan' | 'Install';
  readonly rebootOption: 'RebootIfNeeded' | 'NoReboot';
  /** Of an Install: what it takes in the place of what the baseline approves. */
  readonly list?: InstallList | null;
}

export interface PatchRunContext {
  readonly messenger: NodeMessenger;
  /** For the operating system that the node turns out to run, frozen for all nodes of one snapshot. */
  readonly snapshotFor: (operatingSystem: OperatingSystem) => Promise<Snapshot>;
  readonly knowledge: Knowledge;
  readonly firstSeen: (inventory: Inventory) => Promise<FirstSeen>;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Called between an installation that went well and the restart. False: there is none. */
  readonly beforeRestart?: () => Promise<boolean>;
  /** Asked just before the node's package lists are fetched. False: it may only be looked at. */
  readonly mayChange: () => Promise<boolean>;
  /** True: what there was to install was tried by an earlier leader of this run, and only the rest is left to do. */
  readonly isInstalled?: boolean;
  /** Comes before anything on the node is changed: from here on it is not what it was known to be. */
  readonly beforeChange: () => Promise<void>;
  /** Progress, for the log. */
  readonly onPhase: (text: string) => void;
}

export interface PatchRunOutcome {
  readonly baseline: PatchBaseline;
  /** What became of the package lists before the first judging; null: they were left to the leader before. */
  readonly lists: ListsRefresh | null;
  readonly before: Judged;
  /** The proof: another look after an install, the same one after a scan. */
  readonly after: Judged;
  readonly plan: PatchPlan | null;
  readonly end: RunEnd | null;
  readonly changes: readonly Change[];
  readonly rebooted: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** What went wrong, although the node could be looked at. */
  readonly error: KintsugiError | null;
}

interface Looked extends Judged {
  readonly baseline: PatchBaseline;
}

/** A run of somebody else, or of a server that died, is given this long to come to its own end. */
const WAIT_FOR_OTHER_MS = 3_600_000;
const LOOK_AGAIN_MS = 15_000;
const REBOOT_TIMEOUT_SECONDS = 3_600;
/** How often the work is begun where something else came in between. */
const MOST_TURNS = 2;

/**
 * One patch operation on one managed node: fetch the package lists, look, plan, install, restart where that is needed
 * and wanted, look again. It converges: called a second time (the server died in the middle), it finds what is installed already, waits for a
 * run that still goes on there, and does the rest; nothing is installed twice. The same where the node itself went down
 * in the middle, once; a run that somebody ended on a node that stays up is not begun again. A node is restarted at
 * most once, and only when its own signals ask for it after an install that went well.
 */
export async function runPatchOperation(context: PatchRunContext, request: PatchRunRequest): Promise<PatchRunOutcome> {
  const target = agentTarget(request.instanceId, context.messenger);
  const startedAt = context.now();
  let broughtByList: ReadonlySet<string> = new Set();
  const judge = async (inventory: Inventory, failed?: FailedInstalls): Promise<Looked> => {
    const { os } = inventory.target;
    const { baseline, frozenAt } = await context.snapshotFor(os.operatingSystem);
    const judged = await judgeInventory(inventory, {
      baseline,
      frozenAt,
      broughtByList,
      knowledge: context.knowledge,
      seen: await context.firstSeen(inventory),
      now: context.now(),
      ...(failed === undefined ? {} : { failed }),
    });
    return { ...judged, baseline };
  };
  const ask = () => gather(target, { full: false, now: context.now });
  // A node that went down took the answer with it: looking changes nothing, so it is asked once more.
  const gathered = () => ask().catch((error) => (isCode(error, 'ProbeFailed') ? ask() : Promise.reject(error)));
  let seen = await gathered();
  if (request.operation === 'Install') seen = await untilIdle(context, target, seen, gathered);
  // Before anything is judged: a snapshot that froze before the lists were fetched would approve nothing that they bring.
  const lists = context.isInstalled === true ? null : await freshLists(target, seen, context);
  const isTried = lists?.outcome === 'fetched' || lists?.outcome === 'failed';
  // A fetch that failed may have brought a part.
  if (isTried) seen = await gathered();
  const look = async () => judge(withRefresh(await gathered(), lists));
  let before = await judge(withRefresh(seen, lists));
  const finish = (rest: Partial<PatchRunOutcome>): PatchRunOutcome => ({
    baseline: before.baseline,
    lists,
    before,
    after: before,
    plan: null,
    end: null,
    changes: [],
    rebooted: false,
    error: null,
    ...rest,
    startedAt,
    endedAt: context.now(),
  });
  if (request.operation === 'Scan') return finish({});

  const options: PatchOptions = {
    baseline: before.baseline,
    full: false,
    only: [],
    conffiles: 'keep',
    lockTimeoutSeconds: 600,
    ...(request.list && { list: request.list }),
  };
  const watch = { onPhase: context.onPhase, onJournal: () => {} };
  const first = before;
  let plan: PatchPlan | null = null;
  let end: RunEnd | null = null;
  let after = before;
  const planned: PatchPlan['installs'][number][] = [];
  for (let turn = 1; ; turn += 1) {
    if (needsRepair(before.inventory)) {
      await context.beforeChange();
      await repairFirst(target, before, options, watch);
      before = await look();
    }
    try {
      plan = context.isInstalled === true ? null : await planPatch(target, before, { ...options, exclude: new Map() });
      after = before;
      if (plan === null || plan.installs.length === 0) break;
      checkSpace(target, before, plan);
      const ready = await prepare(target, before, plan, options, watch);
      plan = ready.plan;
      planned.push(...plan.installs);
      if (request.list) broughtByList = new Set([...broughtByList, ...notApproved(plan, before)]);
      await context.beforeChange();
      end = await install(target, plan, options, watch);
      after = await look();
      if (turn === MOST_TURNS || !isCutShort(end)) break;
    } catch (error) {
      // A node that is gone has had its time already.
      if (!(error instanceof KintsugiError) || error.code === 'NodeUnreachable') throw error;
      after = await look();
      if (turn === MOST_TURNS || !(isCode(error, 'RunInProgress') || isCode(error, 'ProbeFailed')))
        return finish({ before: first, after, plan, end, error });
    }
    // What this turn came to, the next one finds and proves.
    end = null;
    const idle = await untilIdle(context, target, after.inventory, gathered);
    before = idle === after.inventory ? after : await judge(withRefresh(idle, lists));
  }
  if (end !== null && plan !== null) {
    const failed = failures(plan.installs, after.inventory.packages, end);
    if (failed.size > 0) after = await judge(after.inventory, failed);
  }
  const changes = changesBetween(first.inventory.packages, after.inventory.packages, planned);
  if (end !== null && end.result !== 'ok') {
    return finish({ before: first, after, plan, end, changes, error: await runError(target, end) });
  }
  if (context.beforeRestart !== undefined && !(await context.beforeRestart())) {
    return finish({ before: first, after: await look(), plan, end, changes });
  }
  const bootId = after.inventory.evidence.bootId ?? null;
  const restart =
    request.rebootOption === 'RebootIfNeeded' && after.inventory.reboot.required === true && bootId !== null;
  if (restart) {
    context.onPhase('restarting');
    await context.messenger.send(rebootSteps(bootId), { timeoutSeconds: REBOOT_TIMEOUT_SECONDS });
    after = await look();
  }
  return finish({
    before: first,
    after,
    plan,
    end,
    changes,
    rebooted: restart && after.inventory.evidence.bootId !== bootId,
  });
}

/** What a list brings in that the baseline does not approve now, as `name:arch`. */
function notApproved({ installs }: PatchPlan, { evaluation }: Judged): ReadonlySet<string> {
  const approved = new Set(evaluation.patches.filter(({ state }) => state === 'MISSING').map(identity));
  return new Set(installs.map(identity).filter((one) => !approved.has(one)));
}

function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof KintsugiError && error.code === code;
}

/** The node went down in the middle: it is there again, and half an installation is worse than none. */
function isCutShort(end: RunEnd): boolean {
  return end.result === 'died' && end.wentDown;
}

async function untilIdle(
  context: PatchRunContext,
  target: ReturnType<typeof agentTarget>,
  first: Inventory,
  look: () => Promise<Inventory>,
): Promise<Inventory> {
  let seen = first;
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    try {
      checkIdle(target, seen);
      return seen;
    } catch (error) {
      if (waited >= WAIT_FOR_OTHER_MS) throw error;
    }
    context.onPhase('waiting for another run on the node');
    await context.sleep(LOOK_AGAIN_MS);
    seen = await look();
  }
}
