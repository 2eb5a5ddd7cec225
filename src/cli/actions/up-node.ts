import { join } from 'node:path';
import { readRegistration } from '../../agent/registration.ts';
import { type StateFolder, stateFolder } from '../../agent/state-folder.ts';
import { KintsugiError } from '../../core/errors.ts';
import type { Server } from '../../gateway/run-server.ts';
import { quote } from '../../platforms/apt/shell.ts';
import { isOnPath } from '../../platforms/targets/on-path.ts';
import { errorText } from '../failure.ts';
import { enrolledText, scanText } from '../formats/up-text.ts';
import { enrol, type OwnNode } from '../own-node/enrol.ts';
import { type KeptAgent, keepAgent } from '../own-node/keep-agent.ts';
import { type OwnScan, scanOwnNode } from '../own-node/scan-own-node.ts';
import { startProgress } from '../progress.ts';
import { paint } from '../style.ts';

/** How this machine is to be a node of its own server. */
export interface OwnNodePlan {
  readonly folder: StateFolder;
  readonly logFile: string;
  readonly isScanOnly: boolean;
  readonly region: string;
  readonly json: boolean;
}

export function ownNodePlan(home: string, options: { region: string; allowPatching: boolean; json: boolean }) {
  const { region, json } = options;
  const folder = stateFolder(join(home, 'agent'));
  return { folder, logFile: join(home, 'agent.log'), isScanOnly: !options.allowPatching, region, json };
}

/** What the server has to know before it does anything; null where this machine is no node yet. */
export async function knownLimit({ folder, isScanOnly }: OwnNodePlan) {
  const registration = await readRegistration(folder).catch(() => null);
  return registration === null ? null : { instanceId: registration.instanceId, isScanOnly };
}

/**
 * Enrols this machine, keeps its agent and tells of its scan, up to `signal`. Nothing of this ends the server: what
 * goes wrong is told. Answers the agent that is to be stopped, as soon as there is one, by `kept`.
 */
export async function runOwnNode(
  server: Server,
  plan: OwnNodePlan,
  kept: (agent: KeptAgent) => void,
  signal: AbortSignal,
): Promise<void> {
  const progress = startProgress('enrolling this machine');
  try {
    const since = new Date();
    const node = await enrol(server, plan.folder, plan);
    if (signal.aborted) return;
    kept(keepAgent(plan.folder, plan.logFile, (text) => process.stderr.write(`kintsugi: ${text}\n`)));
    progress.stop();
    if (!plan.json) process.stdout.write(enrolledText(node, process.getuid?.() === 0));
    const scanning = startProgress('scanning this machine');
    const scan = await scanOwnNode(server, node.instanceId, since, signal).finally(scanning.stop);
    if (scan === null) return;
    process.stdout.write(plan.json ? scanLine(node, scan) : scanText(node, scan, program(), paint(process.stdout)));
  } catch (error) {
    progress.stop();
    if (signal.aborted) return;
    const known = error instanceof KintsugiError ? error : new KintsugiError('Internal', (error as Error).message);
    process.stderr.write('kintsugi: this machine is not enrolled; the server works all the same.\n');
    process.stderr.write(errorText(known));
  }
}

function scanLine({ instanceId, isScanOnly }: OwnNode, { commandId, status, reasons, found }: OwnScan): string {
  const counts =
    found === null
      ? null
      : {
          missing: found.missing,
          failed: found.failed,
          installedPendingReboot: found.installedPendingReboot,
          installedRejected: found.installedRejected,
          installed: found.installed,
          installedOther: found.installedOther,
        };
  const foundAt = found?.endedAt.toISOString() ?? null;
  const line = { event: 'scanned', instanceId, isScanOnly, commandId, status, reasons, counts, foundAt };
  return `${JSON.stringify(line)}\n`;
}

/** How Kintsugi is called from anywhere on this machine. */
function program(): string {
  return isOnPath('kintsugi') ? 'kintsugi' : quote(join(import.meta.dirname, '../../../bin/kintsugi'));
}
