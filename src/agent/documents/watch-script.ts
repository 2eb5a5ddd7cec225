import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../backoff.ts';
import { readState, writeState } from '../state-file.ts';
import { isAlive, type ProcessIdentity, parseProcessStat } from './process-identity.ts';
import { type StepFiles, trimOutput } from './step-files.ts';

/** How a script came out, as far as an agent can tell that may not have been there all the time. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'timed out' }
  | { readonly kind: 'cancelled' }
  /** Script and keeper are gone without a word: they were killed, or the machine went down. */
  | { readonly kind: 'vanished' }
  /** Nothing ran, and now nothing will: the attempt is ours. */
  | { readonly kind: 'never began' }
  /** The agent stops; the script goes on. */
  | { readonly kind: 'left' };

export interface Watch {
  readonly attempt: number;
  /** Milliseconds from now; at their end the whole process group is killed. */
  readonly timeoutMs: number;
  readonly cancel: AbortSignal;
  readonly stop: AbortSignal;
  /** The keeper, where this very agent started it. */
  readonly keeper: ChildProcess | null;
  /** The kernel runs that the attempt was started under: only then are process ids and missing notes of any meaning. */
  readonly sameBoot: boolean;
}

const SHORTEST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;
const KILL_WAIT_MS = 10_000;

/** Waits for the end of an attempt, whoever started it. */
export async function watchScript(files: StepFiles, watch: Watch): Promise<Ending> {
  const deadline = performance.now() + watch.timeoutMs;
  const gone = keeperGone(watch.keeper);
  const ended = AbortSignal.any([watch.cancel, watch.stop]);
  for (let pause = SHORTEST_LOOK_MS; ; pause = Math.min(LONGEST_LOOK_MS, pause * 1.3)) {
    const ending = await look(files, watch);
    if (ending !== null) return ending;
    if (watch.cancel.aborted) return kill(files, watch, 'cancelled');
    if (performance.now() >= deadline) return kill(files, watch, 'timed out');
    if (watch.stop.aborted) return { kind: 'left' };
    await trimOutput(files.stdout);
    await trimOutput(files.stderr);
    const rest = Math.max(0, deadline - performance.now());
    await Promise.race([sleep(Math.min(pause, rest), ended), gone]);
  }
}

/** What the notes say; null while the script runs. */
async function look(files: StepFiles, { attempt, keeper, sameBoot }: Watch): Promise<Ending | null> {
  const exited = await exitNote(files, attempt);
  if (exited !== null) return exited;
  const killed = await readState(note(files, 'killed', attempt));
  const who = await keeperOf(files, attempt);
  if (who === null) {
    if (killed !== null) return killedEnding(killed);
    if (!sameBoot) return { kind: 'vanished' };
    if (keeper !== null && keeper.exitCode === null && keeper.signalCode === null) return null;
    return (await claimStep(files, attempt)) ? { kind: 'never began' } : null;
  }
  if (sameBoot && (await isAlive(who))) {
    if (killed !== null) killGroup(who.pid);
    return null;
  }
  // It may have written its last note between the two looks.
  return (await exitNote(files, attempt)) ?? (killed === null ? { kind: 'vanished' } : killedEnding(killed));
}

async function kill(files: StepFiles, watch: Watch, why: 'cancelled' | 'timed out'): Promise<Ending> {
  const { attempt } = watch;
  await writeState(note(files, 'killed', attempt), why);
  const limit = performance.now() + KILL_WAIT_MS;
  while (performance.now() < limit) {
    const who = await keeperOf(files, attempt);
    if (who === null && (await claimStep(files, attempt))) return { kind: why };
    if (who !== null && !(await isAlive(who))) return (await exitNote(files, attempt)) ?? { kind: why };
    if (who !== null) killGroup(who.pid);
    await sleep(SHORTEST_LOOK_MS, new AbortController().signal);
  }
  return { kind: why };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Takes the place of a keeper that has not begun; false where one has. */
async function claimStep(files: StepFiles, attempt: number): Promise<boolean> {
  try {
    await writeFile(note(files, 'begun', attempt), 'claimed', { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code !== 'EEXIST') throw error;
    // A keeper's note is there in full or not at all: any other is a claim of an agent before us.
    return (await keeperOf(files, attempt)) === null;
  }
}

async function exitNote(files: StepFiles, attempt: number): Promise<Ending | null> {
  const text = await readState(note(files, 'exit', attempt));
  const code = Number(text);
  return text !== null && /^\d+\n$/.test(text) ? { kind: 'exited', code } : null;
}

async function keeperOf(files: StepFiles, attempt: number): Promise<ProcessIdentity | null> {
  return parseProcessStat((await readState(note(files, 'begun', attempt))) ?? '');
}

function killedEnding(text: string): Ending {
  return { kind: text === 'cancelled' ? 'cancelled' : 'timed out' };
}

function keeperGone(keeper: ChildProcess | null): Promise<void> {
  if (keeper === null) return new Promise(() => {});
  return new Promise((resolve) => {
    keeper.once('exit', () => resolve());
  });
}

function note(files: StepFiles, kind: 'begun' | 'exit' | 'killed', attempt: number): string {
  return join(files.folder, `${kind}.${attempt}`);
}
