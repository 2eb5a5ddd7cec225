import type { SendCommandRequest } from '@aws-sdk/client-ssm';
import type { RenderedDocument } from '../../store/schema/commands.ts';
import type { Call } from '../call.ts';

/** A document that is ready to be sent: found, of the right version, its parameters checked. */
export interface PreparedDocument {
  readonly name: string;
  readonly version: string;
  /** As it was written, for the steps that a command shows before the node has told of them. */
  readonly content: Readonly<Record<string, unknown>>;
  /** What the caller gave, without the defaults of the others. */
  readonly parameters: Readonly<Record<string, string[]>>;
  /** How long a node may work on it in all. */
  readonly executionSeconds: number;
  /** The name of the procedure that the server leads; null where the agent runs the document itself. */
  readonly orchestration: string | null;
  /** What the agents get, as JSON; null for an orchestration. */
  readonly payload: string | null;
  /** What an orchestration runs on the nodes beside its own steps, by the step that runs it. */
  readonly hooks?: Readonly<Record<string, RenderedDocument>>;
}

/**
 * Finds and renders the document of a command. Throws InvalidDocument, InvalidDocumentVersion, InvalidParameters,
 * MaxDocumentSizeExceeded.
 */
export type PrepareDocument = (call: Call, request: SendCommandRequest, commandId: string) => Promise<PreparedDocument>;
