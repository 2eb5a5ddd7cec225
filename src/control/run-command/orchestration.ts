import type { Database } from '../../store/database.ts';
import type { PluginResult, RenderedDocument } from '../../store/schema/commands.ts';
import type { StepResult } from '../messages/step-result.ts';
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
  /** Documents that the orchestration runs on the node, by the step that runs them. */
  readonly hooks: Readonly<Record<string, RenderedDocument>>;
  readonly now: () => Date;
  /** Aborted when the invocation is over (cancelled, out of time) or another server leads it: nothing more counts. */
  readonly signal: AbortSignal;
  /**
   * Runs steps on the node in one message and answers what it told of each. Throws KintsugiError NodeUnreachable where
   * the node does not take or end the message in time, and CommandCancelled where nothing more may be sent.
   */
  send(steps: readonly DocumentStep[], options: { timeoutSeconds: number }): Promise<ReadonlyMap<string, StepReply>>;
  /**
   * Runs a document of the user's on the node, in a message that is sent at most once in the life of the invocation:
   * whoever leads it and asks for the same `name` again gets the end of the first one. Answers how the message ended
   * (Success, Failed, TimedOut) and what the node told of each step. Throws as `send` does.
   */
  runOnce(name: string, document: RenderedDocument): Promise<{ outcome: string; steps: readonly StepResult[] }>;
  /** Whether `runOnce` was ever called for the name, by whichever server. */
  wasRun(name: string): Promise<boolean>;
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
