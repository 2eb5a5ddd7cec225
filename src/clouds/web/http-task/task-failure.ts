/** A task that failed: a name that a state machine can catch it by, and a text. Thrown inside, answered at the edge. */
export class TaskFailure extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

/** What no retrier or catcher can mend: the task's own arguments, or an answer that cannot be used. */
export function unusable(cause: string): TaskFailure {
  return new TaskFailure('States.Runtime', cause);
}

/** In the words that Step Functions has for a payload beyond 256 KiB. */
export function tooLarge(): TaskFailure {
  const says = "The state/task 'http:invoke' returned a result with a size exceeding";
  return new TaskFailure('States.DataLimitExceeded', `${says} the maximum number of bytes service limit.`);
}
