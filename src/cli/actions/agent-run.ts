import { resolve } from 'node:path';
import { runAgent } from '../../agent/run.ts';
import { stateFolder } from '../../agent/state-folder.ts';
import { visible } from '../../core/visible.ts';

export interface RunOptions {
  readonly state: string;
  readonly once?: boolean;
  readonly rebootCommand?: string;
}

/** Runs the agent until SIGTERM or SIGINT; a second one ends it at once. What happens goes to standard error. */
export async function runNode(options: RunOptions): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const log = (line: string): void => {
    process.stderr.write(`${new Date().toISOString()} ${visible(line)}\n`);
  };
  const rebootCommand = options.rebootCommand ?? null;
  await runAgent(stateFolder(resolve(options.state)), { once: options.once === true, rebootCommand, log }, stop.signal);
}
