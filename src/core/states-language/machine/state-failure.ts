/** A state that cannot go on: thrown by what computes its values, caught where its retriers and catchers are asked. */
export class StateFailure extends Error {
  readonly error: string | null;
  /** The whole text, as AWS shows it. */
  readonly detail: string | null;
  /** What went wrong: an evaluation of JSONata has an event of its own, a task or a child was told already. */
  readonly origin: 'state' | 'jsonata' | 'task' | 'child';
  readonly location: string | null;

  constructor(
    error: string | null,
    detail: string | null,
    origin: StateFailure['origin'] = 'state',
    location: string | null = null,
  ) {
    super(detail ?? error ?? 'failed');
    this.error = error;
    this.detail = detail;
    this.origin = origin;
    this.location = location;
  }
}
