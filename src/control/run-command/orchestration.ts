import type { Database } from '../../store/database.ts';
import type { PluginResult } from '../../store/schema/commands.ts';
import type { DocumentStep, StepReply } from './carried-output.ts';

/** What the server leads itself on one node, through as many messages as it takes. */
export interface LedInvocation {
  readonly db: Database;
  readonly account: string;
  readonly commandId: string;
  readonly instanceId: string;
  readonly documentName: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, string[]>>;
  readonly now: () => Date;
  /** Aborted when the invocation is over (cancelled, out of time) or another server leads it: nothing more counts. */
  readonly signal: AbortSignal;
  /**
   * Runs steps on the node in one message and answers what it told of each. Throws KintsugiError NodeUnreachable where
   * the node does not take or end the message in time, and CommandCancelled where nothing more may be sent.
   */
  send(steps: readonly DocumentStep[], options: { timeoutSeconds: number }): Promise<ReadonlyMap<string, StepReply>>;
  /**
   * One transaction, and only while this server leads: what it found out must not come after what its successor did.
   * Throws CommandCancelled, and changes nothing, where the lead is lost.
   */
  whileLeading<T>(change: (tx: Database) => Promise<T>): Promise<T>;
}

export interface LedEnd {
  readonly status: 'Success' | 'Failed' | 'TimedOut';
  /** What the command shows as its steps, such as `PatchLinux` with a report as its output. */
  readonly plugins: readonly PluginResult[];
  readonly trace?: string;
}

/**
 * A procedure that converges: when its server dies another one calls it again from the beginning, and it finds what is
 * done already.
 */
export type Orchestration = (invocation: LedInvocation) => Promise<LedEnd>;

/** The procedure of this name; null for one that this server does not know. */
export type FindOrchestration = (name: string) => Orchestration | null;
