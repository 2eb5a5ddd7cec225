import type { Host } from '../host.ts';
import type { DocumentState } from './document-state.ts';
import { judgeExit, KILLED, withOnFailure } from './judge-exit.ts';
import { commandLines, scriptEnvironment, startScript } from './start-script.ts';
import { stepFiles } from './step-files.ts';
import { result, type StepResult, type StepState } from './step-state.ts';
import { type Ending, watchScript } from './watch-script.ts';

const SHORTEST_TIMEOUT = 5;
const LONGEST_TIMEOUT = 172_800;
const DEFAULT_TIMEOUT = 3600;

/** `left`: the agent stops before the script does. `again`: nothing ran, so that it may be started anew. */
export type ScriptOutcome =
  | { readonly kind: 'result'; readonly result: StepResult }
  | { readonly kind: 'left' | 'again' };

export interface ScriptSignals {
  readonly cancel: AbortSignal;
  readonly stop: AbortSignal;
}

/** Starts the script of a step whose attempt is on disk already, and waits for it. */
export async function runScriptStep(
  host: Host,
  document: DocumentState,
  index: number,
  signals: ScriptSignals,
): Promise<ScriptOutcome> {
  const step = stepAt(document, index);
  const { workingDirectory } = step.inputs;
  const environment = scriptEnvironment(process.env, {
    ...host.facts,
    instanceId: host.instanceId,
    region: host.region,
    commandId: document.commandId,
  });
  try {
    const keeper = await startScript(stepFiles(document.folder, index), {
      attempt: step.attempt,
      lines: commandLines(step.inputs.runCommand),
      workingDirectory: typeof workingDirectory === 'string' && workingDirectory !== '' ? workingDirectory : '/',
      environment,
    });
    const timeoutMs = timeoutSeconds(step.inputs) * 1000;
    const watch = { ...signals, attempt: step.attempt, keeper, sameBoot: true, timeoutMs };
    const ending = await watchScript(stepFiles(document.folder, index), watch);
    // A keeper of our own that did not begin had no memory, or no disk, to do so.
    if (ending.kind === 'never began') return failedToStart(step, 'the script could not be started');
    return outcomeOf(step, ending);
  } catch (error) {
    return failedToStart(step, (error as Error).message);
  }
}

/** Takes up the watch over a script that an agent before this one started. */
export async function resumeScriptStep(
  host: Host,
  document: DocumentState,
  index: number,
  signals: ScriptSignals,
): Promise<ScriptOutcome> {
  const step = stepAt(document, index);
  const wholeMs = timeoutSeconds(step.inputs) * 1000;
  const spentMs = host.now().getTime() - Date.parse(step.attemptAt ?? '');
  const ending = await watchScript(stepFiles(document.folder, index), {
    ...signals,
    attempt: step.attempt,
    keeper: null,
    sameBoot: step.bootId === host.facts.bootId,
    timeoutMs: Math.min(wholeMs, Math.max(0, wholeMs - (Number.isFinite(spentMs) ? spentMs : 0))),
  });
  if (ending.kind === 'never began') return { kind: 'again' };
  return outcomeOf(step, ending);
}

function outcomeOf(step: StepState, ending: Exclude<Ending, { kind: 'never began' }>): ScriptOutcome {
  switch (ending.kind) {
    case 'left':
      return { kind: 'left' };
    case 'exited':
      return { kind: 'result', result: judgeExit(ending.code, step.inputs) };
    case 'timed out':
      return { kind: 'result', result: withOnFailure(result('TimedOut', KILLED), step.inputs) };
    case 'cancelled':
      return { kind: 'result', result: result('Cancelled', KILLED) };
    case 'vanished': {
      const stderrNote =
        'document process failed unexpectedly: the step was killed together with the agent, or the machine went down';
      return { kind: 'result', result: result('Failed', 1, { stderrNote, lost: true }) };
    }
  }
}

function failedToStart(step: StepState, why: string): ScriptOutcome {
  const failed = result('Failed', 1, { stderrNote: `failed to run commands: ${why}` });
  return { kind: 'result', result: withOnFailure(failed, step.inputs) };
}

/** Anything that is not a number of seconds within the limits counts as the default, as an hour. */
export function timeoutSeconds(inputs: Readonly<Record<string, unknown>>): number {
  const { timeoutSeconds: input } = inputs;
  const seconds = typeof input === 'number' || (typeof input === 'string' && input !== '') ? Number(input) : Number.NaN;
  const isValid = Number.isInteger(seconds) && seconds >= SHORTEST_TIMEOUT && seconds <= LONGEST_TIMEOUT;
  return isValid ? seconds : DEFAULT_TIMEOUT;
}

function stepAt(document: DocumentState, index: number): StepState {
  const step = document.steps[index];
  if (step === undefined) throw new RangeError(`no step ${index}`);
  return step;
}
