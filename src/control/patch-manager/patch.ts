import { identity } from '../../core/compliance/context.ts';
import type { Inventory, PackageVersion } from '../../core/compliance/inventory.ts';
import { KintsugiError } from '../../core/errors.ts';
import type { ConffilePolicy } from '../../platforms/apt/commands.ts';
import type { PlannedInstall } from '../../platforms/apt/install.ts';
import { composePrepare, type Prepared, parsePrepared } from '../../platforms/apt/prepare.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { type LeftOut, type PatchPlan, type PlanOptions, planPatch } from './plan.ts';
import { newRunId, type RunEnd, type RunWatch, runInstall } from './run.ts';
import { type Judged, newNonce } from './scan.ts';
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

/**
 * Mends what an interrupted dpkg left behind, once, and looks again: a plan made before would be about another machine.
 * Answers null where there was nothing to mend.
 */
export async function repairFirst(
  target: ScriptTarget,
  judged: Judged,
  options: PatchOptions,
  watch: PatchWatch,
): Promise<RunEnd | null> {
  if (!needsRepair(judged.inventory)) return null;
  watch.onPhase('dpkg was interrupted: finishing what it left behind');
  const end = await runInstall(target, { runId: newRunId(new Date()), plan: [], ...options }, watch);
  if (end.result === 'ok') return end;
  throw runError(target, end);
}

export function needsRepair(inventory: Inventory): boolean {
  return inventory.evidence.problems.some(({ code }) => code === 'dpkg-interrupted');
}

/** Refuses what would go wrong before anything is changed: another run, a held lock, no room. */
export function checkReady(target: ScriptTarget, judged: Judged, plan: PatchPlan): void {
  const running = judged.inventory.evidence.problems.find(
    ({ code, message }) => code === 'locked' && message.includes('Kintsugi'),
  );
  if (running !== undefined) throw new KintsugiError('RunInProgress', `${target.address}: ${running.message}`);
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
 * would ask about are left out, and the plan is made anew without them; nothing is installed here.
 */
export async function prepare(
  target: ScriptTarget,
  judged: Judged,
  plan: PatchPlan,
  options: PatchOptions,
  watch: PatchWatch,
) {
  watch.onPhase(`fetching ${plan.installs.length} packages`);
  let prepared = await fetchArchives(target, plan, options);
  const asking = new Map<string, LeftOut>();
  if (options.conffiles === 'skip') {
    for (const { name, path } of prepared.conffiles) {
      const install = plan.installs.find((one) => one.name === name && one.to !== null);
      if (install === undefined) continue;
      asking.set(identity(install), {
        name,
        architecture: install.architecture,
        version: install.to ?? '',
        reason: 'conffile-blocked',
        detail: `${path} was changed here, and the new version brings another one.`,
      });
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
  if (prepared.downloadError === null) return prepared;
  const locked = /Could not get lock|Unable to acquire|unable to lock/i.test(prepared.downloadError);
  throw new KintsugiError(locked ? 'Locked' : 'InstallFailed', `${target.address}: ${prepared.downloadError}`, {
    ...(locked
      ? {}
      : {
          advice:
            'Nothing was installed. Check the network and the package lists (`kintsugi scan --refresh`), then try again.',
        }),
  });
}

/** Installs a prepared plan and answers how the run ended. Throws only where nothing was begun. */
export async function install(
  target: ScriptTarget,
  plan: PatchPlan,
  options: PatchOptions,
  watch: PatchWatch,
): Promise<RunEnd> {
  watch.onPhase(`installing ${plan.installs.length} packages`);
  const end = await runInstall(target, { runId: newRunId(new Date()), plan: plan.installs, ...options }, watch);
  if (end.result === 'busy') throw new KintsugiError('RunInProgress', `${target.address}: ${end.detail}.`);
  return end;
}

export function runError(target: ScriptTarget, end: RunEnd): KintsugiError {
  const log = `/var/lib/kintsugi/runs/${end.runId}/log`;
  if (end.result === 'repair-failed')
    return new KintsugiError('RepairFailed', `${target.address}: dpkg could not finish ${end.detail} (${log}).`);
  if (end.result === 'locked') return new KintsugiError('Locked', `${target.address}: ${end.detail}`);
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

export interface Change {
  readonly name: string;
  readonly architecture: string;
  readonly from: string | null;
  readonly to: string | null;
  /** False: it changed although it was not in the plan. */
  readonly planned: boolean;
}

/** What is different between two looks at a target, by version. */
export function changesBetween(
  before: readonly PackageVersion[],
  after: readonly PackageVersion[],
  installs: readonly PlannedInstall[],
): Change[] {
  const old = new Map(before.map((one) => [identity(one), one]));
  const planned = new Set(installs.map((one) => `${identity(one)}=${one.to ?? ''}`));
  const changes: Change[] = [];
  const add = (one: PackageVersion, from: string | null, to: string | null) =>
    changes.push({
      name: one.name,
      architecture: one.architecture,
      from,
      to,
      planned: planned.has(`${identity(one)}=${to ?? ''}`),
    });
  for (const one of after) {
    const was = old.get(identity(one));
    old.delete(identity(one));
    if (was?.version !== one.version) add(one, was?.version ?? null, one.version);
  }
  for (const gone of old.values()) add(gone, gone.version, null);
  return changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Chosen packages that did not come to their version, with what dpkg or apt said of them in the log. */
export function failures(
  installs: readonly PlannedInstall[],
  after: readonly PackageVersion[],
  end: RunEnd,
): ReadonlyMap<string, string> {
  const now = new Map(after.map((one) => [identity(one), one.version]));
  const failed = new Map<string, string>();
  for (const one of installs) {
    if (!one.chosen || now.get(identity(one)) === one.to) continue;
    failed.set(identity(one), saidOf(one.name, end.log) ?? `${end.result}${end.detail ? `: ${end.detail}` : ''}`);
  }
  return failed;
}

function saidOf(name: string, log: string): string | null {
  const lines = log.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`dpkg: error processing `) && line.includes(` ${name} `));
  return at === -1 ? null : (lines[at + 1] ?? lines[at] ?? '').trim().slice(0, 300);
}
