import type { Program } from '../definition/types.ts';
import type { Json } from '../json.ts';
import type { HistoryEvent } from './history.ts';
import type { MapRunChange, MapRunState } from './map-run-types.ts';
import type { Trial } from './trial.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What moves of an execution as a whole. Payloads are JSON texts, so that what is passed on stays as it was written. */
export interface Head {
  status: ExecutionStatus;
  /** Id of the last event of the history. */
  lastEvent: number;
  /** The next place in the queue of scopes that are ready: the order in which they go on. */
  turn: number;
  redrives: number;
  output: string | null;
  error: string | null;
  cause: string | null;
}

/**
 * `ready` goes on at its turn; `waiting` (a Wait, or before a retry) at wakeAt; `task` when its task tells or wakeAt;
 * `children` when its branches or iterations do; `mapRun` when its map run does. The others have come to an end.
 */
export type Phase = 'ready' | 'waiting' | 'task' | 'children' | 'mapRun' | 'succeeded' | 'failed' | 'aborted';

/** Where one list of states stands: the execution itself, a branch, an iteration. Plain data, a row of the store. */
export interface ScopeState {
  /** `0` for the execution itself, a child's is its parent's and `/GENERATION.INDEX`. */
  readonly id: string;
  readonly parent: string | null;
  readonly index: number;
  /** Which machine of the program. */
  readonly machine: number;
  phase: Phase;
  turn: number;
  /** Milliseconds since 1970: when a wait or a timeout is over. */
  wakeAt: number | null;
  state: string;
  /** JSON text of the state's input. */
  input: string;
  /** The event with which the state was entered, the one before it, and when (ISO 8601); null before. */
  entered: { readonly id: number; readonly before: number; readonly at: string } | null;
  /** What the next event of this scope follows on. */
  previous: number;
  /** Assigned in this scope itself; those of outer scopes are read there. */
  variables: Readonly<Record<string, Json>>;
  /** Of an iteration: `$$.Map.Item`. */
  readonly item: { readonly index: number; readonly value: string } | null;
  /** How often each retrier of the state was used, and all together. */
  retries: readonly number[];
  retryCount: number;
  task: TaskState | null;
  group: Group | null;
  /** Of a distributed Map: the run that it has started. */
  mapRun: MapRunState | null;
  generation: number;
  /** Of a Map: its items as the JSON text of an array, and the input that its ItemSelector sees. */
  items: string | null;
  selectorInput: string | null;
  output: string | null;
  error: string | null;
  cause: string | null;
}

export type TaskKind = 'activity' | 'request' | 'sync' | 'token';

export interface TaskState {
  /** Of this attempt: `SCOPE:EVENT`. With the execution's ARN the idempotency key of what is done. */
  readonly id: string;
  readonly kind: TaskKind;
  readonly token: string | null;
  /** Milliseconds since 1970. */
  readonly timeoutAt: number | null;
  readonly heartbeatSeconds: number | null;
  readonly heartbeatAt: number | null;
}

/** The children of a Parallel or an inline Map that runs. */
export interface Group {
  readonly kind: 'parallel' | 'map';
  readonly total: number;
  /** Index of the first one that has not been started. */
  readonly next: number;
  readonly running: number;
  /** Indexes of those that a redrive runs again once there is room. */
  readonly waiting?: readonly number[];
  readonly failed: number;
  /** 0 for no limit. */
  readonly concurrency: number;
  /** Failures that a Map bears; null: none, and the first one's error is the Map's. */
  readonly toleratedCount: number | null;
  readonly toleratedPercentage: number | null;
}

export interface ScheduledTask {
  readonly scope: string;
  readonly task: TaskState;
  readonly resource: string;
  /** JSON text. */
  readonly input: string;
}

export type Happening =
  | { readonly type: 'turn'; readonly scope: string }
  | { readonly type: 'wake'; readonly scope: string }
  | { readonly type: 'taskStarted'; readonly scope: string; readonly task: string; readonly worker: string | null }
  | { readonly type: 'taskHeartbeat'; readonly scope: string; readonly task: string }
  | { readonly type: 'taskSubmitted'; readonly scope: string; readonly task: string; readonly output: string }
  | { readonly type: 'taskSucceeded'; readonly scope: string; readonly task: string; readonly output: string }
  | {
      readonly type: 'taskFailed';
      /** Nobody can be given it at all. */
      readonly how?: 'ScheduleFailed';
      readonly scope: string;
      readonly task: string;
      readonly error: string | null;
      readonly cause: string | null;
    }
  | {
      /** All children of a map run have come to an end: their results together, or why it failed. */
      readonly type: 'mapRunOver';
      readonly scope: string;
      readonly mapRun: string;
      readonly output: string;
      readonly failure: { readonly error: string; readonly cause: string } | null;
    }
  | { readonly type: 'timeOut' }
  | { readonly type: 'abort'; readonly error: string | null; readonly cause: string | null }
  | { readonly type: 'redrive' };

/** What the interpreter reads of the store. Answers copies. */
export interface ScopeReader {
  scope(id: string): Promise<ScopeState>;
  /** In the order of their index. */
  children(parent: string): Promise<ScopeState[]>;
  /** Those below a scope that have a map run which has not ended. */
  mapRunsBelow(id: string): Promise<ScopeState[]>;
}

export interface ExecutionFacts {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  readonly region: string;
  /** JSON text. */
  readonly input: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly isExpress?: boolean;
}

export interface Limits {
  /** Events of a history, the last one included. */
  readonly events: number;
  /** Bytes of a payload. */
  readonly payload: number;
  /** Bytes of all variables that a scope can see; 10 MiB where absent. */
  readonly variables?: number;
}

/** AWS's quotas of Standard workflows: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const AWS_LIMITS: Limits = { events: 25_000, payload: 262_144 };

export interface Surroundings {
  readonly program: Program;
  readonly execution: ExecutionFacts;
  readonly head: Head;
  readonly reader: ScopeReader;
  readonly now: Date;
  readonly random: () => number;
  /** A new name that nobody can guess: for task tokens. */
  readonly newId: () => string;
  /** For what AWS names by a UUID: map runs. */
  readonly newUuid: () => string;
  readonly limits: Limits;
  /** Of TestState; absent in an execution. */
  readonly trial?: Trial;
}

/** What one transition changes. All of it or nothing is to be written. */
export interface Effects {
  readonly head: Head;
  readonly scopes: readonly ScopeState[];
  /** Scopes whose descendants are gone. */
  readonly dropped: readonly string[];
  /** Scopes whose descendants that have not ended are aborted. */
  readonly aborted: readonly string[];
  readonly events: readonly HistoryEvent[];
  readonly tasks: readonly ScheduledTask[];
  /** In the order in which they happened. */
  readonly mapRuns: readonly MapRunChange[];
}
