import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KintsugiError } from '../../core/errors.ts';
import {
  composeFollow,
  composeStage,
  composeStop,
  type InstallRequest,
  parseFollow,
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

export interface RunEnd {
  readonly runId: string;
  /** First word of the result; `died`: it ended without one. */
  readonly result: 'ok' | 'failed' | 'drift' | 'stopped' | 'repair-failed' | 'locked' | 'busy' | 'died';
  readonly detail: string;
  readonly log: string;
}

/** A run that has not even begun after this has never started. */
const START_LIMIT_MS = 30_000;
const FOLLOW_TIMEOUT_MS = 60_000;
const LOG_KEPT = 2_000_000;

/**
 * Lays a run down on the target, starts it detached, and follows it. The run goes on when this process dies; the target
 * then tells of it at the next scan. A connection that breaks is tried again for as long as the run may still be alive.
 */
export async function runInstall(target: ScriptTarget, request: InstallRequest, watch: RunWatch): Promise<RunEnd> {
  const staged = await target.change(composeStage(request), { timeoutMs: FOLLOW_TIMEOUT_MS });
  if (staged.code !== 0) {
    const said = staged.stderr.trim().split('\n').at(-1) ?? '';
    throw new KintsugiError(
      'InstallFailed',
      `${target.address}: the run could not be laid down in /var/lib/kintsugi: ${said}`,
      {
        advice: 'Nothing was changed. Mend the cause named above and try again.',
      },
    );
  }
  await target.launch(runScriptPath(request.runId));
  const pause = target.access === 'ssh' ? 2000 : 500;
  const position = { journal: 0, log: 0 };
  let log = '';
  let tail = '';
  let stopping = false;
  let silent = 0;
  const started = Date.now();
  for (;;) {
    await sleep(pause);
    if (watch.stop?.aborted && !stopping) {
      stopping = true;
      await target.change(composeStop(request.runId), { timeoutMs: FOLLOW_TIMEOUT_MS });
    }
    const nonce = newNonce();
    const progress = await ask(target, composeFollow(nonce, request.runId, position, target.waitSeconds), nonce, target.waitSeconds);
    if (progress === null) {
      // An hour without an answer: the run has its own end on the machine, ours is to stop waiting.
      silent += 1;
      if (silent * pause > 3_600_000)
        return { runId: request.runId, result: 'died', detail: 'the machine does not answer any more', log };
      continue;
    }
    silent = 0;
    position.journal += Buffer.byteLength(progress.journal);
    position.log += Buffer.byteLength(progress.log);
    log = (log + progress.log).slice(-LOG_KEPT);
    const lines = (tail + progress.journal).split('\n');
    tail = lines.pop() ?? '';
    for (const line of lines) if (line !== '') watch.onJournal(line);
    if (progress.result !== null) return { runId: request.runId, ...readResult(progress.result), log };
    const begun = position.journal > 0;
    if (!progress.alive && (begun || Date.now() - started > START_LIMIT_MS)) {
      return {
        runId: request.runId,
        result: 'died',
        detail: begun ? 'it was ended from outside' : 'it never started',
        log,
      };
    }
  }
}

async function ask(target: ScriptTarget, script: string, nonce: string, waitSeconds: number) {
  try {
    const outcome = await target.read(script, { timeoutMs: FOLLOW_TIMEOUT_MS + waitSeconds * 1000 });
    return parseFollow(outcome.stdout, nonce);
  } catch (error) {
    if (error instanceof KintsugiError && error.code === 'SshRefused') return null;
    throw error;
  }
}

const RESULTS = ['ok', 'failed', 'drift', 'stopped', 'repair-failed', 'locked', 'busy'] as const;

function readResult(text: string): { result: RunEnd['result']; detail: string } {
  const [word = '', ...rest] = text.split(' ');
  const result = RESULTS.find((one) => one === word);
  return result === undefined
    ? { result: 'failed', detail: text.slice(0, 500) }
    : { result, detail: rest.join(' ').slice(0, 2000) };
}
