import { randomBytes } from 'node:crypto';
import { KintsugiError } from '../../../core/errors.ts';
import { quote } from '../../../platforms/apt/shell.ts';
import type { ScriptOutcome } from '../../../platforms/targets/shell-process.ts';
import type { ScriptTarget } from '../../../platforms/targets/target.ts';
import {
  carriedOutput,
  carryingSteps,
  type DocumentStep,
  MOST_SLICES,
  type StepReply,
  USUAL_SLICES,
} from '../../run-command/carried-output.ts';

/** Sends steps to a node in one message and waits for the replies of all of them. */
export interface NodeMessenger {
  /**
   * Throws NodeUnreachable where the node does not take or end the message in time; its scripts may still run then.
   * `rebooted`: the agent restarted its machine in between and went on.
   */
  send(steps: readonly DocumentStep[], options: { timeoutSeconds: number }): Promise<ReadonlyMap<string, StepReply>>;
}

class TooFewSlices extends KintsugiError {
  readonly needs: number;

  constructor(message: string, needs: number) {
    super('ProbeFailed', message);
    this.needs = needs;
  }
}

/** An install is asked about this seldom: each question is a message with its replies. */
const WAIT_SECONDS = 300;

/**
 * A managed node as a target of the same scan, plan and install as everywhere. Scripts go down in a message and their
 * output comes up in slices; an install runs in a session of its own on the node, where neither a cancelled command
 * nor a restarted agent ends dpkg in the middle.
 */
export function agentTarget(instanceId: string, messenger: NodeMessenger): ScriptTarget {
  const run = async (script: string, timeoutMs: number, slices = USUAL_SLICES): Promise<ScriptOutcome> => {
    const timeoutSeconds = Math.ceil(timeoutMs / 1000);
    const id = `${instanceId}-${randomBytes(6).toString('hex')}`;
    const replies = await messenger.send(carryingSteps(id, script, { timeoutSeconds, slices }), { timeoutSeconds });
    const timedOut = replies.get('answer')?.status === 'TimedOut';
    const carried = carriedOutput(replies);
    if ('error' in carried && !timedOut) throw new TooFewSlices(`${instanceId}: ${carried.error}.`, carried.needs ?? 0);
    return {
      code: 'code' in carried ? carried.code : null,
      signal: null,
      stdout: 'output' in carried ? carried.output : '',
      stderr: '',
      timedOut,
      tooLong: false,
    };
  };
  /** What only reads may be asked again, with as many slices as it takes. */
  const read = async (script: string, timeoutMs: number) => {
    try {
      return await run(script, timeoutMs);
    } catch (error) {
      if (!(error instanceof TooFewSlices) || error.needs === 0 || error.needs >= MOST_SLICES) throw error;
      return run(script, timeoutMs, Math.min(MOST_SLICES, error.needs + 8));
    }
  };
  return {
    access: 'agent',
    address: instanceId,
    root: null,
    again: '',
    read: (script, { timeoutMs }) => read(script, timeoutMs),
    change: (script, { timeoutMs }) => run(script, timeoutMs),
    launch: async (path) => {
      await run(`setsid /bin/sh ${quote(path)} </dev/null >/dev/null 2>&1 &\n`, 60_000);
    },
    waitSeconds: WAIT_SECONDS,
    reboot: null,
  };
}

/**
 * The step that restarts a node through its agent. It runs again after the restart, and the boot id tells it apart:
 * exit code 194 asks the agent for a restart, and only once.
 */
export function rebootSteps(bootId: string): DocumentStep[] {
  if (!/^[0-9a-f-]{36}$/.test(bootId)) throw new Error('not a boot id');
  const text = `[ "$(cat /proc/sys/kernel/random/boot_id)" != ${bootId} ] || exit 194`;
  return [{ action: 'aws:runShellScript', name: 'reboot', inputs: { runCommand: [text], timeoutSeconds: '3600' } }];
}
