import { rm, rmdir } from 'node:fs/promises';
import { KintsugiError } from '../core/errors.ts';
import { isOneRunning } from './only-one.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * Takes everything of the agent's out of its state folder, its key and what it has not yet told among it, and the
 * folder itself where nothing else is in it. Errors: AgentRunning.
 */
export async function removeAgentState(folder: StateFolder): Promise<void> {
  if (await isOneRunning(folder.path)) {
    throw new KintsugiError('AgentRunning', `an agent still runs on ${folder.path}`);
  }
  const { path, ...parts } = folder;
  // The registration goes last: as long as it is there, another try is possible.
  const { registration, ...rest } = parts;
  for (const part of [...Object.values(rest), registration]) await rm(part, { recursive: true, force: true });
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
  });
}
