import { EMPTY_KNOWLEDGE } from '../../core/advisories/knowledge.ts';
import type { InstallList } from '../../core/baselines/install-list.ts';
import { quoted } from '../../core/baselines/issue.ts';
import { didYouMean } from '../../core/baselines/nearest.ts';
import type { PatchBaseline } from '../../core/baselines/types.ts';
import { candidateOf } from '../../core/compliance/candidate.ts';
import { identity } from '../../core/compliance/context.ts';
import type { AvailableUpdate, Inventory } from '../../core/compliance/inventory.ts';
import { compileBaseline, rejection } from '../../core/compliance/judge.ts';
import type { PatchReason, PatchResult } from '../../core/compliance/types.ts';
import { KintsugiError } from '../../core/errors.ts';
import { exactPackage, isSafePackage } from '../../platforms/apt/commands.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import {
  composePlan,
  inSteps,
  type PlanAnswer,
  type PlannedAction,
  parsePlan,
  type Simulation,
} from '../../platforms/apt/plan.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { newNonce } from './nonce.ts';
import type { Judged } from './scan.ts';

/** What a patch run would do: nothing outside of it may change. */
export interface PatchPlan {
  readonly installs: readonly PlannedInstall[];
  readonly leftOut: readonly LeftOut[];
  /** Bytes to fetch; updates of unknown size count as 0. */
  readonly downloadBytes: number;
  readonly answer: PlanAnswer | null;
}

export interface LeftOut {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  readonly reason: PatchReason | 'refused';
  readonly detail: string;
}

export interface PlanOptions {
  readonly baseline: PatchBaseline;
  readonly full: boolean;
  /** Only these packages (NAME or NAME:ARCH) of what is approved; empty: all of it. */
  readonly only: readonly string[];
  /** What is installed in the place of what the baseline approves; the baseline has no say in it then. */
  readonly list?: InstallList;
  /** Left out for a reason that is found only after fetching, as `name:arch`. */
  readonly exclude: ReadonlyMap<string, LeftOut>;
}

const PLAN_TIMEOUT_MS = 300_000;

/**
 * Makes the plan: the approved updates that can be installed, and by apt's own word all that they bring along. Where
 * the whole is not possible (a removal, a blocked package), each is asked for alone, and the ones to blame are left out.
 */
export async function planPatch(target: ScriptTarget, judged: Judged, options: PlanOptions): Promise<PatchPlan> {
  const { inventory } = judged;
  const updates = new Map(inventory.updates.map((update) => [identity(update), update]));
  const { chosen, leftOut } =
    options.list === undefined
      ? choose(judged, updates, options)
      : chooseByList(inventory, options.list, options.exclude);
  if (chosen.length === 0) return { installs: [], leftOut, downloadBytes: 0, answer: null };
  const blocked = options.list === undefined ? blockedActions(judged, options.baseline) : () => false;
  const ask = async (wanted: readonly AvailableUpdate[], each: boolean) => {
    const nonce = newNonce();
    const outcome = await target.read(composePlan({ nonce, root: target.root, full: options.full, wanted, each }), {
      timeoutMs: PLAN_TIMEOUT_MS,
    });
    const answer = parsePlan(outcome.stdout, nonce);
    if (answer === null)
      throw new KintsugiError(
        'ProbeFailed',
        `${target.address}: apt could not be asked for a plan: ${outcome.stderr.trim().slice(0, 300)}`,
      );
    return answer;
  };
  const fault = (simulation: Simulation) => planFault(simulation, blocked, options.full);

  let wanted = chosen;
  let answer = await ask(wanted, false);
  if (fault(answer.all) !== null) {
    const alone = await ask(wanted, true);
    wanted = wanted.filter((update) => {
      const why = fault(alone.each.get(exactPackage(update)) ?? { actions: null, message: 'apt did not answer' });
      if (why !== null) leftOut.push({ ...named(update), reason: 'refused', detail: why });
      return why === null;
    });
    if (wanted.length > 0) answer = await ask(wanted, false);
    const still = wanted.length > 0 ? fault(answer.all) : null;
    if (still !== null)
      throw new KintsugiError(
        'PlanRefused',
        `${target.address}: apt cannot install the approved updates together: ${still}`,
      );
  }
  const actions = wanted.length > 0 ? (answer.all.actions ?? []).map((action) => located(action, inventory)) : [];
  return {
    installs: arrange(wanted, actions, updates),
    leftOut,
    downloadBytes: actions.reduce((sum, action) => sum + (updates.get(identity(action))?.size ?? 0), 0),
    answer,
  };
}

function choose(judged: Judged, updates: ReadonlyMap<string, AvailableUpdate>, options: PlanOptions) {
  const native = judged.inventory.target.architecture;
  const only = new Set(options.only);
  for (const name of only) {
    if (!judged.evaluation.patches.some((patch) => isNamed(patch, new Set([name])))) {
      const close = didYouMean(
        name,
        judged.evaluation.patches.map((patch) => patch.name),
      );
      throw new KintsugiError(
        'PackageUnknown',
        `No package ${quoted(name)} is installed or would be${close === null ? '.' : `; ${close}`}`,
      );
    }
  }
  const chosen: AvailableUpdate[] = [];
  const leftOut: LeftOut[] = [];
  for (const patch of judged.evaluation.patches) {
    if (patch.availableVersion === null || (only.size > 0 && !isNamed(patch, only))) continue;
    // A package may change between `all` and the machine's own architecture from one version to the next.
    const architectures = [patch.architecture, 'all', patch.architecture === 'all' ? native : 'all'];
    const update = architectures
      .map((architecture) => updates.get(identity({ ...patch, architecture })))
      .find((one) => one?.version === patch.availableVersion);
    if (update === undefined || update.installedVersion === null) continue;
    const excluded = options.exclude.get(identity(update));
    const approved = (patch.state === 'MISSING' || patch.state === 'FAILED') && patch.reason !== 'half-configured';
    if (approved && update.blocked === null && excluded === undefined) {
      if (isSafePackage(update)) chosen.push(update);
      else
        leftOut.push({
          ...named(update),
          reason: 'refused',
          detail: 'Its name or version is not one that Debian allows.',
        });
    } else if (approved || only.size > 0) {
      leftOut.push(excluded ?? { ...named(update), reason: patch.reason, detail: patch.explanation });
    }
  }
  return { chosen, leftOut };
}

/** The updates of installed packages that a list names, whatever the baseline says of them. */
function chooseByList({ updates }: Inventory, list: InstallList, exclude: PlanOptions['exclude']) {
  const chosen: AvailableUpdate[] = [];
  const leftOut: LeftOut[] = [];
  for (const update of updates) {
    if (update.installedVersion === null || !list.names(update)) continue;
    const excluded = exclude.get(identity(update));
    const refused = (detail: string) => leftOut.push({ ...named(update), reason: 'refused', detail });
    if (!list.takes(update)) refused(`The list names other versions of it, and ${update.version} is what is offered.`);
    else if (excluded !== undefined) leftOut.push(excluded);
    else if (update.blocked !== null) leftOut.push({ ...named(update), ...update.blocked });
    else if (!isSafePackage(update)) refused('Its name or version is not one that Debian allows.');
    else chosen.push(update);
  }
  return { chosen, leftOut };
}

function isNamed(patch: Pick<PatchResult, 'name' | 'architecture'>, names: ReadonlySet<string>): boolean {
  return names.has(patch.name) || names.has(identity(patch));
}

function named(update: AvailableUpdate) {
  return { name: update.name, architecture: update.architecture, version: update.version };
}

/** With RejectedPatchesAction BLOCK a rejected package must not come along, not even as a dependency. */
function blockedActions(judged: Judged, baseline: PatchBaseline): (action: PlannedAction) => boolean {
  if (baseline.RejectedPatchesAction !== 'BLOCK' || baseline.RejectedPatches.length === 0) return () => false;
  const compiled = compileBaseline(baseline);
  const { inventory, evaluation } = judged;
  const context = { inventory, knowledge: EMPTY_KNOWLEDGE, options: { firstSeen: () => null } };
  // An entry may name an advisory or a CVE, which only the judging knew.
  const rejected = new Set(
    evaluation.patches
      .filter(({ rule }) => rule.kind === 'rejected-patches')
      .map(({ name, availableVersion }) => `${name}=${availableVersion}`),
  );
  return (action) => {
    if (rejected.has(`${action.name}=${action.to}`)) return true;
    const update: AvailableUpdate = {
      name: action.name,
      architecture: action.architecture,
      version: action.to ?? '',
      installedVersion: action.from,
      source: action.name,
      sourceVersion: action.to ?? '',
      priority: '',
      section: '',
      origins: [],
      size: null,
      installedKiB: null,
      blocked: null,
    };
    return rejection(compiled, candidateOf(context, update, null).candidate) !== null;
  };
}

function planFault(simulation: Simulation, blocked: (action: PlannedAction) => boolean, full: boolean): string | null {
  if (simulation.actions === null) return simulation.message;
  const removal = simulation.actions.find(({ to }) => to === null);
  if (removal !== undefined && !full) return `it would remove ${removal.name}`;
  const unsafe = simulation.actions.find(
    ({ name, architecture, from, to }) =>
      !isSafePackage({ name, architecture: architecture || 'all', version: to ?? from ?? '' }),
  );
  if (unsafe !== undefined)
    return `it would change ${JSON.stringify(unsafe.name)}, whose name or version Debian does not allow`;
  const rejected = simulation.actions.find((action) => action.to !== null && blocked(action));
  return rejected === undefined ? null : `it needs ${rejected.name}, which the baseline rejects`;
}

/** apt names a removal by its architecture only where that is a foreign one. */
function located(action: PlannedAction, inventory: Inventory): PlannedAction {
  if (action.architecture !== '') return action;
  const native = [inventory.target.architecture, 'all'];
  const here = inventory.packages.find((one) => one.name === action.name && native.includes(one.architecture));
  return { ...action, architecture: here?.architecture ?? inventory.target.architecture };
}

/** What comes along with chosen packages is shown in the step of its own source, else in the first. */
function arrange(
  wanted: readonly AvailableUpdate[],
  actions: readonly PlannedAction[],
  updates: ReadonlyMap<string, AvailableUpdate>,
): PlannedInstall[] {
  const stepOf = new Map<string, number>();
  const stepOfSource = new Map<string, number>();
  inSteps(wanted).forEach((group, index) => {
    for (const update of group) {
      stepOf.set(identity(update), index + 1);
      stepOfSource.set(update.source, index + 1);
    }
  });
  return actions
    .map((action) => {
      const step = stepOf.get(identity(action));
      const source = updates.get(identity(action))?.source;
      const beside = source === undefined ? undefined : stepOfSource.get(source);
      return { ...action, step: step ?? beside ?? 1, chosen: step !== undefined };
    })
    .sort((a, b) => a.step - b.step || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
