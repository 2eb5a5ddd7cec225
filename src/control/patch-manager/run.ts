import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KintsugiError } from '../../core/errors.ts';
import {
  composeFollow,
  composeStage,
  composeStop,
  type InstallRequest,
  LOG_PIECE,
  parseFollow,
  type RunPosition,
  type RunProgress,
  runScriptPath,
} from '../../platforms/apt/install.ts';
import type { ScriptTarget } from '../../platforms/targets/target.ts';
import { newNonce } from './nonce.ts';

/** Sorts by time, and two in the same second differ. */
export function newRunId(now: Date): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}

export interface RunWatch {
  /** New whole lines of the run's journal: `TIME<tab>EVENT`. */
  readonly onJournal: (line: string) => void;
  /** Aborted: the run is asked to stop before its next step; it is still followed to its end. */
  readonly stop?: AbortSignal;
}

/** The time by which a run is followed. */
export interface FollowClock {
  /** Milliseconds of any epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const CLOCK: FollowClock = { now: () => performance.now(), sleep: (milliseconds) => sleep(milliseconds) };

export interface RunEnd {
  readonly runId: string;
  /** First word of the result; `died`: it ended without one. */
  readonly result: 'ok' | 'failed' | 'drift' | 'stopped' | 'repair-failed' | 'locked' | 'busy' | 'died';
  readonly detail: string;
  readonly log: string;
  /** The machine was away in the middle, and lost what it was asked: it may have been switched off. */
  readonly wentDown: boolean;
}

/** A run that has not even begun after this has never started. */
const START_LIMIT_MS = 30_000;
/** Without an answer for so long, our waiting ends: the run has its own end on the machine. */
const SILENCE_LIMIT_MS = 3_600_000;
const FOLLOW_TIMEOUT_MS = 60_000;
/** A node waits long for each of its answers: the second one that is lost in a row is the last. */
const MOST_LOST_BY_AGENT = 2;
const LOG_KEPT = 2_000_000;

/**
 * Lays a run down on the target, starts it detached, and follows it. The run goes on when this process dies; the target
 * then tells of it at the next scan. A connection that breaks is tried again for as long as the run may still be alive.
 */
export async function runInstall(
  target: ScriptTarget,
  request: InstallRequest,
  watch: RunWatch,
  clock: FollowClock = CLOCK,
): Promise<RunEnd> {
  const staged = await target.change(composeStage(request), { timeoutMs: FOLLOW_TIMEOUT_MS });
  if (staged.code !== 0) {
    const said = staged.stderr.trim().split('\n').at(-1) ?? '';
    throw new KintsugiError(
      'InstallFailed',
      `${target.address}: the run could not be laid down in /var/lib/kintsugi: ${said}`,
      { advice: 'Nothing was changed. Mend the cause named above and try again.' },
    );
  }
  // Whether it began before the connection broke, following it tells.
  await unlessLost(target, target.launch(runScriptPath(request.runId)));
  return { runId: request.runId, ...(await follow(target, request.runId, watch, clock)) };
}

async function follow(
  target: ScriptTarget,
  runId: string,
  watch: RunWatch,
  clock: FollowClock,
): Promise<Omit<RunEnd, 'runId'>> {
  const pause = target.access === 'ssh' ? 2000 : 500;
  const started = clock.now();
  let heard = started;
  let position: RunPosition = { journal: 0, log: 0 };
  let log = '';
  let tail = '';
  let asked = false;
  let lost = 0;
  let wentDown = false;
  for (;;) {
    await clock.sleep(pause);
    if (watch.stop?.aborted && !asked) {
      const stop = target.change(composeStop(runId), { timeoutMs: FOLLOW_TIMEOUT_MS });
      asked = !((await unlessLost(target, stop)) instanceof KintsugiError);
    }
    const progress = await ask(target, runId, position);
    lost = progress instanceof KintsugiError ? lost + 1 : 0;
    wentDown ||= target.access === 'agent' && lost > 0;
    if (progress instanceof KintsugiError && target.access === 'agent' && lost === MOST_LOST_BY_AGENT) throw progress;
    if (progress === null || progress instanceof KintsugiError) {
      if (clock.now() - heard <= SILENCE_LIMIT_MS) continue;
      return { result: 'died', detail: 'the machine does not answer any more', log, wentDown: true };
    }
    heard = clock.now();
    const more = progress.position.log - position.log >= LOG_PIECE;
    position = progress.position;
    log = (log + progress.log).slice(-LOG_KEPT);
    const lines = (tail + progress.journal).split('\n');
    tail = lines.pop() ?? '';
    for (const line of lines) if (line !== '') watch.onJournal(line);
    if (progress.result !== null && !more) return { ...readResult(progress.result), log, wentDown };
    const begun = position.journal > 0;
    if (progress.result === null && !progress.alive && (begun || heard - started > START_LIMIT_MS)) {
      return { result: 'died', detail: begun ? 'it was ended from outside' : 'it never started', log, wentDown };
    }
  }
}

/** null: the answer was cut off. */
async function ask(
  target: ScriptTarget,
  runId: string,
  position: RunPosition,
): Promise<RunProgress | KintsugiError | null> {
  const nonce = newNonce();
  const { waitSeconds } = target;
  const script = composeFollow(nonce, runId, position, waitSeconds);
  const reading = target.read(script, { timeoutMs: FOLLOW_TIMEOUT_MS + waitSeconds * 1000 });
  const outcome = await unlessLost(target, reading);
  return outcome instanceof KintsugiError ? outcome : parseFollow(outcome.stdout, nonce);
}

/** The error as a value where the connection broke, or where the node went down and took the answer with it. */
async function unlessLost<T>({ access }: ScriptTarget, answer: Promise<T>): Promise<T | KintsugiError> {
  try {
    return await answer;
  } catch (error) {
    const codes = access === 'agent' ? ['ProbeFailed', 'NodeUnreachable'] : ['SshRefused'];
    if (error instanceof KintsugiError && codes.includes(error.code)) return error;
    throw error;
  }
}

const RESULTS = ['ok', 'failed', 'drift', 'stopped', 'repair-failed', 'locked', 'busy'] as const;

function readResult(text: string): { result: RunEnd['result']; detail: string } {
  const [word = '', ...rest] = text.split(' ');
  const result = RESULTS.find((one) => one === word);
  if (result !== undefined) return { result, detail: rest.join(' ').slice(0, 2000) };
  // A later run found it without an end and wrote one for it.
  return { result: word === 'interrupted' ? 'died' : 'failed', detail: text.slice(0, 500) };
}
