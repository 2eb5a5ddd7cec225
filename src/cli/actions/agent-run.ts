import { resolve } from 'node:path';
import { runAgent } from '../../agent/run.ts';
import { stateFolder } from '../../agent/state-folder.ts';
import { visible } from '../../core/visible.ts';

export interface RunOptions {
  readonly state: string;
  readonly once?: boolean;
  readonly rebootCommand?: string;
  readonly untilStdinEnds?: boolean;
}

/** Runs the agent until SIGTERM or SIGINT; a second one ends it at once. What happens goes to standard error. */
export async function runNode(options: RunOptions): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  // Who keeps this agent holds the other end: the kernel closes it however that program ends.
  if (options.untilStdinEnds) for (const end of ['end', 'error'] as const) process.stdin.once(end, () => stop.abort());
  if (options.untilStdinEnds) process.stdin.resume();
  const log = (line: string): void => {
    process.stderr.write(`${new Date().toISOString()} ${visible(line)}\n`);
  };
  const rebootCommand = options.rebootCommand ?? null;
  const how = { once: options.once === true, rebootCommand, log };
  try {
    await runAgent(stateFolder(resolve(options.state)), how, stop.signal);
  } finally {
    if (options.untilStdinEnds) process.stdin.destroy();
  }
}
