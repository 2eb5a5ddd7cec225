import { resolve } from 'node:path';
import { stateFolder } from '../../agent/state-folder.ts';
import { type AgentStatus, agentStatus } from '../../agent/status.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { visible } from '../../core/visible.ts';

/** Prints how this machine stands as a managed node. */
export async function showStatus(state: string, json: boolean): Promise<ExitCode> {
  const status = await agentStatus(stateFolder(resolve(state)));
  process.stdout.write(json ? asciiJson(status, process.stdout.isTTY) : told(status));
  return status.registered && status.running ? EXIT.ok : EXIT.target;
}

function told(status: AgentStatus): string {
  if (!status.registered) return 'This machine is not registered.\n';
  const lines = [
    `${status.instanceId} at ${status.endpoint}, region ${status.region}, since ${status.registeredAt}`,
    `The agent ${status.running ? 'runs' : 'does NOT run'}. The server last answered: ${status.lastContactAt ?? 'never'}.`,
  ];
  if (status.repliesWaiting > 0) lines.push(`${status.repliesWaiting} replies wait for the server.`);
  for (const { commandId, documentName, steps, stepsOver } of status.documents) {
    lines.push(`  ${commandId} ${documentName}: ${stepsOver} of ${steps} steps are over`);
  }
  return lines.map((line) => `${visible(line)}\n`).join('');
}
