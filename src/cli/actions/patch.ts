import { setTimeout as sleep } from 'node:timers/promises';
import { changesBetween, failures, withLeftOut } from '../../control/patch-manager/changes.ts';
import {
  checkIdle,
  checkSpace,
  install,
  needsRepair,
  type PatchOptions,
  type PatchWatch,
  prepare,
  repairFirst,
  runError,
} from '../../control/patch-manager/patch.ts';
import { planPatch } from '../../control/patch-manager/plan.ts';
import { type Judged, scanReport } from '../../control/patch-manager/scan.ts';
import { EXIT, type ExitCode, KintsugiError } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';
import { quote } from '../../platforms/apt/shell.ts';
import type { PatchCommandOptions } from '../commands/options.ts';
import { errorText } from '../failure.ts';
import { patchJson } from '../formats/patch-json.ts';
import { renderOutcome, renderPlan } from '../formats/patch-text.ts';
import { type Progress, startProgress } from '../progress.ts';
import { confirm } from './confirm.ts';
import { againArguments, openSession, type Session } from './look.ts';
import type { PatchOutcome } from './patch-outcome.ts';
import { EXIT_OF } from './scan.ts';

export async function runPatch(options: PatchCommandOptions): Promise<ExitCode> {
  if (options.offline && !options.dryRun) {
    throw new KintsugiError('Usage', '--offline only looks, and patching runs what is in the root.', {
      advice: 'Leave --offline out to patch, or add --dry-run to see the plan.',
    });
  }
  const session = await openSession(options);
  const again = againArguments(session, options);
  const patchOptions: PatchOptions = {
    baseline: session.baseline,
    full: options.full ?? false,
    only: options.only ?? [],
    conffiles: options.conffiles,
    lockTimeoutSeconds: options.lockTimeout,
  };
  let before = await session.judge(session.inventory);
  const dryRun = options.dryRun ?? false;
  const say = (text: string) => {
    if (!options.json) process.stdout.write(text);
  };
  const { watch, progress, release } = watchRun(options.json ?? false);
  try {
    if (!dryRun) checkIdle(session.target, before.inventory);
    let repair: PatchOutcome['repair'] = needsRepair(before.inventory) ? 'needed' : 'none';
    if (repair === 'needed' && !dryRun) {
      await repairFirst(session.target, before, patchOptions, watch);
      repair = 'done';
      before = await session.look();
    }
    const plan = await planPatch(session.target, before, { ...patchOptions, exclude: new Map() });
    progress.stop();
    const begun = {
      session,
      again,
      installAgain: installArguments(session, options),
      dryRun,
      before,
      repair,
      changes: [],
      conffilesKept: [],
      error: null,
      rebooting: false,
    };
    say(renderPlan({ ...begun, plan, end: null, after: null }));
    if (dryRun || plan.installs.length === 0) {
      const restart = dryRun ? NO_RESTART : await rebootIfWanted(options, session, before);
      const outcome = { ...begun, plan, end: null, after: dryRun ? null : before, ...restart };
      return finish(outcome, options.json ?? false, say);
    }
    checkSpace(session.target, before, plan);
    if (
      !options.json &&
      !options.yes &&
      !(await confirm(
        `Install ${plan.installs.length === 1 ? 'this package' : `these ${plan.installs.length} packages`} on ${visible(session.target.address)}?`,
      ))
    ) {
      say('Nothing was changed.\n');
      return EXIT.refused;
    }
    const ready = await prepare(session.target, before, plan, patchOptions, watch);
    const end = ready.plan.installs.length > 0 ? await install(session.target, ready.plan, patchOptions, watch) : null;
    progress.say('looking at the outcome');
    const now = await lookAfter(session);
    const failed = end === null ? new Map() : failures(ready.plan.installs, now.inventory.packages, end);
    const after = await session.judge(withLeftOut(now.inventory, ready.plan.leftOut), failed);
    const outcome: PatchOutcome = {
      ...begun,
      plan: ready.plan,
      end,
      changes: changesBetween(before.inventory.packages, after.inventory.packages, ready.plan.installs),
      conffilesKept: options.conffiles === 'skip' ? [] : ready.prepared.conffiles,
      after,
      ...(end === null || end.result === 'ok'
        ? await rebootIfWanted(options, session, after)
        : { rebooting: false, error: end.result === 'stopped' ? null : await runError(session.target, end) }),
    };
    progress.stop();
    return finish(outcome, options.json ?? false, say);
  } finally {
    release();
  }
}

/** `--offline` only looks, so it goes; what chose the packages stays. */
function installArguments(session: Session, options: PatchCommandOptions): string {
  const target = { ...session.target, again: session.target.again.replace(/ --offline$/, '') };
  const only = (options.only ?? []).map((name) => (/^[a-z0-9+.:-]+$/.test(name) ? name : quote(name)));
  return [
    againArguments({ ...session, target }, options),
    options.conffiles === 'keep' ? '' : `--conffiles ${options.conffiles}`,
    only.length > 0 ? `--only ${only.join(' ')}` : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
}

const LOOK_ATTEMPTS = 12;
const LOOK_PAUSE_MS = 5000;

/** What a run came to has to be seen: a connection that is broken just then is tried for a minute. */
async function lookAfter(session: Session): Promise<Judged> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await session.look();
    } catch (error) {
      if (!(error instanceof KintsugiError) || error.code !== 'SshRefused' || attempt === LOOK_ATTEMPTS) throw error;
    }
    await sleep(LOOK_PAUSE_MS);
  }
}

function finish(outcome: PatchOutcome, json: boolean, say: (text: string) => void): ExitCode {
  if (json) process.stdout.write(`${JSON.stringify(patchJson(outcome))}\n`);
  else say(renderOutcome(outcome));
  if (outcome.error !== null) {
    if (!json) process.stderr.write(errorText(outcome.error));
    return outcome.error.exit;
  }
  // A plan that was made from what cannot be relied on must not pass for a good one.
  if (outcome.dryRun) return outcome.before.evaluation.status === 'UNKNOWN' ? EXIT.unknown : EXIT.ok;
  if (outcome.changes.some(({ planned }) => !planned)) return EXIT.failed;
  const after = outcome.after ?? outcome.before;
  return EXIT_OF[
    scanReport(after, outcome.session.baseline, { from: outcome.session.from, all: false, again: outcome.again }).status
  ];
}

/** A machine is restarted only when it was asked for, after a run that went well, and never one that does not run. */
async function rebootIfWanted(options: PatchCommandOptions, session: Session, judged: Judged): Promise<Restart> {
  const required = judged.inventory.reboot.required === true;
  const wanted = options.reboot === 'always' || (options.reboot === 'if-required' && required);
  if (!wanted || session.target.reboot === null) return NO_RESTART;
  try {
    await session.target.reboot('Kintsugi: restart after patching, in one minute; `shutdown -c` cancels it');
    return { rebooting: true, error: null };
  } catch (error) {
    // What was installed has to be told all the same.
    if (error instanceof KintsugiError) return { rebooting: false, error };
    throw error;
  }
}

type Restart = Pick<PatchOutcome, 'rebooting' | 'error'>;
const NO_RESTART: Restart = { rebooting: false, error: null };

/** Progress of a run, and what Ctrl-C does: it stops between steps; dpkg itself is never interrupted. */
function watchRun(json: boolean): { watch: PatchWatch; progress: Progress; release: () => void } {
  const stop = new AbortController();
  const progress = startProgress('planning');
  let phase = 'planning';
  let asked = 0;
  const onSignal = () => {
    asked += 1;
    stop.abort();
    progress.stop();
    process.stderr.write(
      asked === 1
        ? '\nkintsugi: stopping before the next step; the one that runs is finished first\n'
        : '\nkintsugi: still finishing the step that runs: ending dpkg in the middle would break packages\n',
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const watch: PatchWatch = {
    stop: stop.signal,
    onPhase: (text) => {
      phase = text;
      progress.say(text);
      if (!json && !process.stderr.isTTY) process.stderr.write(`kintsugi: ${text}\n`);
    },
    onJournal: (line) => {
      const event = line.split('\t')[1] ?? '';
      const step = /^step (\d+) (begin|end)/.exec(event);
      if (step !== null) progress.say(`${phase}: step ${step[1]} ${step[2] === 'begin' ? 'runs' : 'done'}`);
    },
  };
  return {
    watch,
    progress,
    release: () => {
      progress.stop();
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
