import { type ConffilePolicy, conffileOptions, exactPackage, installOptions } from './commands.ts';
import type { PlannedAction } from './plan.ts';
import { splitSections } from './sections.ts';
import { composeScript, quote } from './shell.ts';

/** One package of an install: `chosen` ones are named to apt, the others come because chosen ones need them. */
export interface PlannedInstall extends PlannedAction {
  /** Counts from 1. */
  readonly step: number;
  readonly chosen: boolean;
}

export interface InstallRequest {
  /** `20261122T203000Z-1a2b3c4d` */
  readonly runId: string;
  readonly plan: readonly PlannedInstall[];
  readonly full: boolean;
  readonly conffiles: ConffilePolicy;
  readonly lockTimeoutSeconds: number;
}

const RUNS = '/var/lib/kintsugi/runs';

/** Path of the run's script on the target; `launch` of a target starts it. */
export function runScriptPath(runId: string): string {
  return `${RUNS}/${checkedId(runId)}/run.sh`;
}

/** Lays a run down on the target without starting it: a script and nothing else, so that starting it is one small step. */
export function composeStage(request: InstallRequest): string {
  const plan = request.plan.map((one) => {
    const version = one.to ?? one.from ?? '';
    exactPackage({ name: one.name, architecture: one.architecture, version });
    return [one.step, one.name, one.architecture, one.to ?? '-', one.chosen ? '1' : '0'].join('\t');
  });
  const script = composeScript('install.sh', {
    RUN_ID: checkedId(request.runId),
    OPTIONS: installOptions(request.full).join(' '),
    CONFFILES: conffileOptions(request.conffiles).join(' '),
    LOCK_TIMEOUT: String(request.lockTimeoutSeconds),
    PLAN: plan.join('\n'),
  });
  const folder = `${RUNS}/${request.runId}`;
  return `set -e
umask 022
mkdir -p ${RUNS}
mkdir -m 755 ${folder}
: >>/var/lib/kintsugi/lock
printf '%s' ${quote(script)} >${folder}/run.sh
`;
}

/** Asks a run to end before its next step. */
export function composeStop(runId: string): string {
  return `: >${RUNS}/${checkedId(runId)}/stop\n`;
}

function checkedId(runId: string): string {
  if (!/^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/.test(runId)) throw new Error(`not a run id: ${runId}`);
  return runId;
}

/** Bytes of a run's journal and log that were read. */
export interface RunPosition {
  readonly journal: number;
  readonly log: number;
}

/** Bytes of log in one answer: an answer that brings as many may leave some behind. */
export const LOG_PIECE = 1_000_000;

export function composeFollow(nonce: string, runId: string, position: RunPosition, waitSeconds = 0): string {
  return composeScript('follow.sh', {
    NONCE: nonce,
    RUN_ID: checkedId(runId),
    SKIP_JOURNAL: String(position.journal),
    SKIP_LOG: String(position.log),
    LOG_LIMIT: String(LOG_PIECE),
    WAIT: String(waitSeconds),
  });
}

export interface RunProgress {
  readonly alive: boolean;
  /** `ok`, `failed …`, `drift …`, `stopped …`, `repair-failed …`, `locked …`, `busy …`; null: not ended. */
  readonly result: string | null;
  readonly journal: string;
  readonly log: string;
  /** Where the next question goes on. */
  readonly position: RunPosition;
}

/** null: the answer was cut off. */
export function parseFollow(output: string, nonce: string): RunProgress | null {
  const sections = splitSections(output, nonce);
  if (!sections.has('done')) return null;
  const text = (name: string) => sections.get(name)?.text ?? '';
  const [, journal, log] = /^(\d{1,15}) (\d{1,15})$/.exec(text('position').trim()) ?? [];
  if (journal === undefined || log === undefined) return null;
  return {
    position: { journal: Number(journal), log: Number(log) },
    alive: text('alive').trim() === '1',
    result: text('result').trim() || null,
    journal: text('journal'),
    log: text('log'),
  };
}
