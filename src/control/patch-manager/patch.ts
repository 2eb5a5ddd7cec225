import { identity } from '../../core/compliance/context.ts';
import type { Inventory, Problem } from '../../core/compliance/inventory.ts';
import { KintsugiError } from '../../core/errors.ts';
import type { ConffilePolicy } from '../../platforms/apt/commands.ts';
import { composeDiscard, composePrepare, type Prepared, parsePrepared } from '../../platforms/apt/prepare.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { lockedError } from './locked.ts';
import { newNonce } from './nonce.ts';
import { type LeftOut, type PatchPlan, type PlanOptions, planPatch } from './plan.ts';
import { newRunId, type RunEnd, type RunWatch, runInstall } from './run.ts';
import type { Judged } from './scan.ts';
import { bootShortages, type SpaceShortage, spaceShortages } from './space.ts';

export interface PatchOptions extends Omit<PlanOptions, 'exclude'> {
  readonly conffiles: ConffilePolicy;
  readonly lockTimeoutSeconds: number;
}

/** A gathered and judged target; asked for again after every change. */
export type Look = () => Promise<Judged>;

export interface PatchWatch extends RunWatch {
  readonly onPhase: (text: string) => void;
}

/** Fetching may take long on a slow line, but not for ever. */
const PREPARE_TIMEOUT_MS = 3_600_000;
const DISCARD_TIMEOUT_MS = 60_000;

/**
 * Mends what an interrupted dpkg or run left behind, once. Look again afterwards: a plan made before would be about
 * another machine. Answers null where there was nothing to mend.
 */
export async function repairFirst(
  target: ScriptTarget,
  judged: Judged,
  options: PatchOptions,
  watch: PatchWatch,
): Promise<RunEnd | null> {
  if (!needsRepair(judged.inventory)) return null;
  watch.onPhase('finishing what an interrupted installation left behind');
  const end = await runInstall(target, { runId: newRunId(new Date()), plan: [], ...options }, watch);
  if (end.result === 'ok') return end;
  throw await runError(target, end);
}

export function needsRepair(inventory: Inventory): boolean {
  return inventory.evidence.problems.some(({ code }) => code === 'dpkg-interrupted' || code === 'run-interrupted');
}

/** Refuses a target on which another run is at work. */
export function checkIdle(target: ScriptTarget, inventory: Inventory): void {
  const running = runAtWork(inventory);
  if (running !== undefined) throw new KintsugiError('RunInProgress', `${target.address}: ${running.message}`);
}

export function isIdle(inventory: Inventory): boolean {
  return runAtWork(inventory) === undefined;
}

function runAtWork(inventory: Inventory): Problem | undefined {
  return inventory.evidence.problems.find(({ code, message }) => code === 'locked' && message.includes('Kintsugi'));
}

/** Refuses a plan that there is no room for, before anything is changed. */
export function checkSpace(target: ScriptTarget, judged: Judged, plan: PatchPlan): void {
  refuseShortages(target, spaceShortages(plan, judged.inventory, plan.answer?.space ?? []));
}

function refuseShortages(target: ScriptTarget, shortages: readonly SpaceShortage[]): void {
  if (shortages.length === 0) return;
  const each = shortages.map(
    ({ mount, needKiB, freeKiB }) => `${mount} needs ${mib(needKiB)} and has ${mib(freeKiB)} free`,
  );
  throw new KintsugiError('NoSpace', `${target.address}: ${each.join('; ')}.`, { details: { shortages } });
}

function mib(kib: number): string {
  return `${(kib / 1024).toFixed(1)} MiB`;
}

/**
 * Fetches the archives of a plan and looks at what they would run into. With the policy `skip`, packages that dpkg
 * would ask about are left out, and the plan is made anew without them; nothing is installed here. Where it comes to
 * nothing, or is stopped, the archives are removed again.
 */
export async function prepare(
  target: ScriptTarget,
  judged: Judged,
  plan: PatchPlan,
  options: PatchOptions,
  watch: PatchWatch,
): Promise<Ready> {
  refuseStopped(target, watch);
  try {
    const ready = await fetchAndCheck(target, judged, plan, options, watch);
    if (ready.plan.installs.length === 0) await discard(target);
    refuseStopped(target, watch);
    return ready;
  } catch (error) {
    // The archives that are there are those of the other run.
    if (error instanceof KintsugiError && error.code === 'RunInProgress') throw error;
    await discard(target);
    // Ctrl-C on a terminal ends what fetches as well: that is no failure of it.
    refuseStopped(target, watch);
    throw error;
  }
}

/** A plan whose archives are there. */
interface Ready {
  readonly plan: PatchPlan;
  readonly prepared: Prepared;
}

function refuseStopped(target: ScriptTarget, watch: PatchWatch): void {
  if (watch.stop?.aborted) throw new KintsugiError('Stopped', `${target.address}: stopped before the installation.`);
}

/** Best effort: what is left goes with the next run. */
async function discard(target: ScriptTarget): Promise<void> {
  await target.change(composeDiscard(), { timeoutMs: DISCARD_TIMEOUT_MS }).catch(() => {});
}

async function fetchAndCheck(
  target: ScriptTarget,
  judged: Judged,
  plan: PatchPlan,
  options: PatchOptions,
  watch: PatchWatch,
): Promise<Ready> {
  watch.onPhase(`fetching ${count(plan)}`);
  let prepared = await fetchArchives(target, plan, options);
  const asking = new Map<string, LeftOut>();
  if (options.conffiles === 'skip') {
    for (const { name, path } of prepared.conffiles) {
      // All architectures of a package share its configuration files.
      for (const install of plan.installs.filter((one) => one.name === name && one.to !== null)) {
        asking.set(identity(install), {
          name,
          architecture: install.architecture,
          version: install.to ?? '',
          reason: 'conffile-blocked',
          detail: `${path} was changed here, and the new version brings another one.`,
        });
      }
    }
  }
  let final = plan;
  if (asking.size > 0) {
    final = await planPatch(target, judged, { ...options, exclude: asking });
    const stillThere = final.installs.find((one) => asking.has(identity(one)));
    if (stillThere !== undefined) {
      throw new KintsugiError(
        'PlanRefused',
        `${target.address}: ${stillThere.name} is needed by other updates, and dpkg would ask about its configuration files.`,
        {
          advice: 'Choose --conffiles keep or replace, or leave those updates out with --only.',
        },
      );
    }
    if (final.installs.length > 0) prepared = await fetchArchives(target, final, options);
  }
  if (final.installs.length > 0) refuseShortages(target, bootShortages(prepared.boot, prepared.space));
  return { plan: final, prepared };
}

async function fetchArchives(target: ScriptTarget, plan: PatchPlan, options: PatchOptions): Promise<Prepared> {
  const nonce = newNonce();
  const wanted = plan.installs.flatMap((one) => (one.chosen && one.to !== null ? [{ ...one, version: one.to }] : []));
  const outcome = await target.change(
    composePrepare({ nonce, full: options.full, wanted, lockTimeoutSeconds: options.lockTimeoutSeconds }),
    { timeoutMs: PREPARE_TIMEOUT_MS },
  );
  const prepared = parsePrepared(outcome.stdout, nonce);
  if (prepared === null) {
    throw new KintsugiError(
      'InstallFailed',
      `${target.address}: the archives could not be fetched: ${outcome.stderr.trim().slice(0, 300) || 'it ended in the middle'}`,
      {
        advice: 'Nothing was installed. Mend the cause named above and try again.',
      },
    );
  }
  if (prepared.busy) throw new KintsugiError('RunInProgress', `${target.address}: another run is at work there now.`);
  if (prepared.downloadError === null) return prepared;
  if (/Could not get lock|Unable to acquire|unable to lock/i.test(prepared.downloadError))
    throw await lockedError(target, prepared.downloadError);
  throw new KintsugiError('InstallFailed', `${target.address}: ${prepared.downloadError}`, {
    advice:
      'Nothing was installed. Check the network and the package lists (`kintsugi scan --refresh`), then try again.',
  });
}

/** Installs a prepared plan and answers how the run ended. Throws only where nothing was begun. */
export async function install(
  target: ScriptTarget,
  plan: PatchPlan,
  options: PatchOptions,
  watch: PatchWatch,
): Promise<RunEnd> {
  watch.onPhase(`installing ${count(plan)}`);
  const request = { runId: newRunId(new Date()), plan: plan.installs, ...options };
  const end = await runInstall(target, request, watch).catch(async (error) => {
    await discard(target);
    throw error;
  });
  if (end.result === 'busy') throw new KintsugiError('RunInProgress', `${target.address}: ${end.detail}.`);
  return end;
}

function count({ installs }: PatchPlan): string {
  return `${installs.length} package${installs.length === 1 ? '' : 's'}`;
}

export async function runError(target: ScriptTarget, end: RunEnd): Promise<KintsugiError> {
  const log = `/var/lib/kintsugi/runs/${end.runId}/log`;
  if (end.result === 'repair-failed')
    return new KintsugiError('RepairFailed', `${target.address}: dpkg could not finish ${end.detail} (${log}).`);
  if (end.result === 'locked') return lockedError(target, end.detail);
  if (end.result === 'drift')
    return new KintsugiError(
      'PlanDrift',
      `${target.address}: apt now wants other changes than the plan: ${end.detail}`,
    );
  if (end.result === 'busy') return new KintsugiError('RunInProgress', `${target.address}: ${end.detail}.`);
  return new KintsugiError(
    'InstallFailed',
    `${target.address}: the run ${end.result === 'died' ? 'died' : 'failed'}: ${end.detail} (${log}).`,
  );
}
