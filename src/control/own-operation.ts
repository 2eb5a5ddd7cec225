import type { z } from 'zod';
import type { Call, Operation } from './call.ts';

/** An operation of our own service, for what AWS has none for: its input is checked by a schema, not by AWS's model. */
export interface OwnOperation {
  readonly input: z.ZodType<Record<string, unknown>>;
  readonly run: Operation<never, object>;
  /** Largest request in bytes, where it may be longer than others. */
  readonly bodyLimit?: number;
}

/** Names begin with Get, List or Describe where nothing is changed: viewers may call these, and they are not audited. */
export type OwnOperations = Readonly<Record<string, OwnOperation>>;

export function ownOperation<Schema extends z.ZodType<Record<string, unknown>>>(
  input: Schema,
  run: (call: Call, input: z.output<Schema>) => Promise<object>,
): OwnOperation {
  return { input, run: run as Operation<never, object> };
}
