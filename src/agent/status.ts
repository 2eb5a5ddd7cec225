import { readdir } from 'node:fs/promises';
import { readDocuments } from './documents/document-state.ts';
import { isOver } from './documents/step-state.ts';
import { isOneRunning } from './only-one.ts';
import { readRegistration } from './registration.ts';
import { readState } from './state-file.ts';
import type { StateFolder } from './state-folder.ts';
import { parseObject } from './wire.ts';

/** How this machine stands as a managed node; null where there is nothing to tell. */
export interface AgentStatus {
  readonly registered: boolean;
  readonly running: boolean;
  readonly instanceId: string | null;
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly registeredAt: string | null;
  /** When the server last answered a heartbeat. */
  readonly lastContactAt: string | null;
  /** Calls that the server has not confirmed yet. */
  readonly repliesWaiting: number;
  readonly documents: ReadonlyArray<{
    readonly commandId: string;
    readonly documentName: string;
    readonly receivedAt: string;
    readonly steps: number;
    readonly stepsOver: number;
  }>;
}

/** Errors: AgentStateBroken. */
export async function agentStatus(folder: StateFolder): Promise<AgentStatus> {
  const registration = await readRegistration(folder);
  const contact = parseObject((await readState(folder.contact)) ?? '')?.lastContactAt;
  const waiting = await readdir(folder.outbox).catch(() => []);
  const documents = await readDocuments(folder.documents, { tidy: false });
  return {
    registered: registration !== null,
    running: await isOneRunning(folder.path),
    instanceId: registration?.instanceId ?? null,
    endpoint: registration?.endpoint ?? null,
    region: registration?.region ?? null,
    registeredAt: registration?.registeredAt ?? null,
    lastContactAt: typeof contact === 'string' ? contact : null,
    repliesWaiting: waiting.filter((name) => name.endsWith('.json')).length,
    documents: documents.map(({ commandId, documentName, receivedAt, steps }) => ({
      commandId,
      documentName,
      receivedAt,
      steps: steps.length,
      stepsOver: steps.filter(isOver).length,
    })),
  };
}
