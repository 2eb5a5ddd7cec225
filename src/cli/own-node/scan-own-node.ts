import { sleep } from '../../agent/backoff.ts';
import { findNode } from '../../control/managed-nodes/nodes.ts';
import {
  lastPatchState,
  type PatchStateRow,
  statusAt,
  statusReasonsAt,
} from '../../control/patch-manager/patch-status.ts';
import type { ComplianceStatus } from '../../core/compliance/types.ts';
import { ACCOUNT, type Server } from '../../gateway/run-server.ts';

const LOOK_MS = 200;
const ARRIVAL_MS = 60_000;
const SCAN_MS = 15 * 60_000;
const DELIVERY_SECONDS = 120;

export interface OwnScan {
  /** null: it could not be sent. */
  readonly commandId: string | null;
  readonly status: ComplianceStatus;
  readonly reasons: readonly string[];
  /** What the node's last operation that told anything found; null where there was none. */
  readonly found: PatchStateRow | null;
  /** Why this scan told nothing, where it did not. */
  readonly failure: string | null;
}

/**
 * Scans the server's own machine as any node is scanned: a command, through its agent. Whatever goes wrong is UNKNOWN
 * with its reason. null where `signal` is raised before the end.
 */
export async function scanOwnNode(
  server: Server,
  instanceId: string,
  since: Date,
  signal: AbortSignal,
): Promise<OwnScan | null> {
  const { db } = server.store;
  const arrived = async () => ((await findNode(db, ACCOUNT, instanceId))?.lastPingAt ?? new Date(0)) >= since || null;
  if ((await until(arrived, ARRIVAL_MS, signal)) === null)
    return signal.aborted ? null : scanned(server, instanceId, null, 'Its agent did not report within a minute.');
  const send = async () => {
    const { Command } = await server.inside.run('SendCommand', {
      DocumentName: 'AWS-RunPatchBaseline',
      InstanceIds: [instanceId],
      Parameters: { Operation: ['Scan'] },
      TimeoutSeconds: DELIVERY_SECONDS,
      Comment: 'the scan at the start of kintsugi up',
    });
    return Command.CommandId as string;
  };
  const commandId = await until(send, ARRIVAL_MS, signal);
  if (commandId === null)
    return signal.aborted ? null : scanned(server, instanceId, null, 'The scan could not be sent.');
  const ended = async () => {
    const told = await server.inside.run('GetCommandInvocation', { CommandId: commandId, InstanceId: instanceId });
    return ['Pending', 'InProgress', 'Delayed', 'Cancelling'].includes(told.Status) ? null : told;
  };
  const end = await until(ended, SCAN_MS, signal);
  if (signal.aborted) return null;
  if (end === null) return scanned(server, instanceId, commandId, 'The scan did not end within 15 minutes.');
  const said = String(end.StandardErrorContent).trim();
  const failure = end.Status === 'Success' ? null : said || `The scan ended as ${end.StatusDetails}.`;
  return scanned(server, instanceId, commandId, failure);
}

async function scanned(
  { store }: Server,
  instanceId: string,
  commandId: string | null,
  failure: string | null,
): Promise<OwnScan> {
  const found = await lastPatchState(store.db, ACCOUNT, instanceId);
  const now = new Date();
  if (failure !== null || found === null)
    return { commandId, status: 'UNKNOWN', reasons: [failure ?? 'The scan told nothing.'], found, failure };
  return { commandId, status: statusAt(found, now), reasons: statusReasonsAt(found, now), found, failure };
}

/** Asks until there is an answer. A store that is away for a moment is asked again. */
async function until<T>(ask: () => Promise<T | null>, ms: number, signal: AbortSignal): Promise<T | null> {
  for (const end = performance.now() + ms; performance.now() < end && !signal.aborted; await sleep(LOOK_MS, signal)) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
  }
  return null;
}
