/** What a task gets beside its input. */
export interface TaskSurroundings {
  readonly account: string;
  readonly region: string;
  readonly executionArn: string;
  readonly resource: string;
  /** For `.waitForTaskToken` and `.sync`; null for others. It is in the input as well, where the definition put it. */
  readonly taskToken: string | null;
  /**
   * The same whenever this attempt is started again because its server died: at-least-once, so what cannot be done
   * twice has to be keyed by it. A retry of the state is another attempt, with another key.
   */
  readonly idempotencyKey: string;
  /** How often it has been started, 1 for the first time. */
  readonly start: number;
  /** Aborted when the task has ended otherwise (timeout, stop), the lease is lost, or the server stops. */
  readonly signal: AbortSignal;
  /** A sign of life; needed within HeartbeatSeconds where the state has it. */
  heartbeat(): Promise<void>;
  /**
   * Told when the task only waits for other executions: it no longer counts among the tasks that a server does at the
   * same time, since what it waits for may be one of those that it would keep out.
   */
  readonly waits?: () => void;
  /** Of TestState at the level TRACE: a task that speaks HTTP tells it what went over the wire. */
  readonly inspect?: TaskInspection;
}

export interface TaskInspection {
  /** Whether what a connection has added is shown. */
  readonly revealSecrets: boolean;
  tell(exchange: { readonly request: object; readonly response?: object }): void;
}

/** An error that a state's retriers and catchers are asked about by its name. */
export class TaskError extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.name = 'TaskError';
    this.error = error;
  }
}

/**
 * Does the work of one kind of task. Answers its output (anything JSON can hold); for `.sync` when the job is over, for
 * `.waitForTaskToken` when the request is made. Throws TaskError; any other error is States.TaskFailed with its text.
 */
export interface TaskRunner {
  run(input: unknown, around: TaskSurroundings): Promise<unknown>;
}

/** The runner of a resource by its ARN or name; null where none is known. Activities need none. */
export type FindTaskRunner = (resource: string) => TaskRunner | null;
