/** How many invocations of a command are in each `StatusDetails`, finished or not. */
export type Tally = Readonly<Record<string, number>>;

const OPEN = ['Pending', 'Delayed', 'InProgress', 'Cancelling'];
const ERRORS = ['Failed', 'ExecutionTimedOut'];

export interface CommandState {
  readonly status: string;
  readonly statusDetails: string;
  readonly completed: number;
  readonly errors: number;
  readonly deliveryTimedOut: number;
}

/**
 * What a command as a whole is, from its invocations: nodes that could not be reached never count as errors, but keep
 * the command from being a success.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
export function commandState(tally: Tally, run: { isExhausted: boolean; isCancelled: boolean }): CommandState {
  const of = (names: readonly string[]) => names.reduce((sum, name) => sum + (tally[name] ?? 0), 0);
  const total = of(Object.keys(tally));
  const open = of(OPEN);
  const [status, statusDetails] = open > 0 ? openState(tally, total, run.isCancelled) : endState(tally, total, run);
  return {
    status,
    statusDetails,
    completed: total - open,
    errors: of(ERRORS),
    deliveryTimedOut: of(['DeliveryTimedOut']),
  };
}

function openState(tally: Tally, total: number, isCancelled: boolean): [string, string] {
  if (isCancelled) return ['Cancelling', 'Cancelling'];
  const waiting = (tally.Pending ?? 0) + (tally.Delayed ?? 0);
  if (waiting < total) return ['InProgress', 'InProgress'];
  return ['Pending', tally.Delayed === total ? 'Delayed' : 'Pending'];
}

function endState(tally: Tally, total: number, run: { isExhausted: boolean; isCancelled: boolean }): [string, string] {
  const success = tally.Success ?? 0;
  if (total === 0) return ['Failed', 'NoInstancesInTag'];
  if (success === total) return ['Success', 'Success'];
  if (run.isCancelled && (tally.Cancelled ?? 0) > 0) return ['Cancelled', 'Cancelled'];
  const failed = tally.Failed ?? 0;
  const timedOut = tally.ExecutionTimedOut ?? 0;
  if (run.isExhausted) return failed > 0 ? ['Failed', 'Failed'] : ['TimedOut', 'ExecutionTimedOut'];
  if (success === 0 && failed + timedOut === 0 && (tally.DeliveryTimedOut ?? 0) > 0)
    return ['TimedOut', 'DeliveryTimedOut'];
  if ((tally.Cancelled ?? 0) === total) return ['Cancelled', 'Cancelled'];
  return ['Failed', 'Incomplete'];
}
