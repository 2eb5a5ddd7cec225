import type { Json } from '../json.ts';

export const STATE_TYPES = ['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'] as const;
export type StateType = (typeof STATE_TYPES)[number];
export type QueryLanguage = 'JSONPath' | 'JSONata';
export type JsonObject = { readonly [key: string]: Json };

/** One state of a valid definition: what every use of it asks, and its fields as they were written. */
export interface StateNode {
  readonly name: string;
  readonly type: StateType;
  readonly language: QueryLanguage;
  /** The state's own object. */
  readonly fields: JsonObject;
  /** The machines inside: branches of a Parallel, the one item processor of a Map. Indexes into the program. */
  readonly inner: readonly number[];
}

/** A list of states with a start: the state machine itself, a branch or an item processor. */
export interface Machine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, StateNode>;
}

/**
 * A definition made ready to run. Machines stand in the order in which a walk into the depth meets them, the state
 * machine itself first: scopes in the store name them by this index, so the order never changes.
 */
export interface Program {
  readonly machines: readonly Machine[];
  readonly timeoutSeconds: number | null;
}

/** As ValidateStateMachineDefinition answers it. */
export interface Diagnostic {
  readonly severity: 'ERROR' | 'WARNING';
  readonly code: string;
  readonly message: string;
  /** Such as `/States/Wait/Seconds`. */
  readonly location: string;
}
