import type { Step } from './parse-document.ts';

export type StepStatus =
  | 'NotStarted'
  | 'InProgress'
  | 'Success'
  | 'SuccessAndReboot'
  | 'Failed'
  | 'Cancelled'
  | 'TimedOut'
  | 'Skipped';

/** What came of a step. Its outputs are files beside the document's state: `step-files.ts`. */
export interface StepResult {
  readonly status: StepStatus;
  readonly code: number;
  /** Text of the agent's own about the step, after what the step wrote itself. */
  readonly stdoutNote: string;
  readonly stderrNote: string;
  /** The steps after it are skipped, but for a final one. */
  readonly endsDocument: boolean;
  /** It was killed together with everything else, or went down with the machine: nothing after it is run. */
  readonly lost: boolean;
}

/** What changes of a step while its document runs; what it is to do stays. */
export interface StepProgress {
  readonly result: StepResult;
  /** Counts runs of the step: one more after every reboot that it asked for. */
  readonly attempt: number;
  readonly startedAt: string | null;
  /** When the latest attempt was started. */
  readonly attemptAt: string | null;
  readonly endedAt: string | null;
  /** The kernel's boot id when the latest attempt was started. */
  readonly bootId: string | null;
  /** Its reply is in the outbox. */
  readonly reported: boolean;
}

export type StepState = Step & StepProgress;

const NOTHING = { stdoutNote: '', stderrNote: '', endsDocument: false, lost: false };

export function result(status: StepStatus, code: number, rest: Partial<StepResult> = {}): StepResult {
  return { ...NOTHING, status, code, ...rest };
}

export function notStarted(step: Step): StepState {
  const never = { startedAt: null, attemptAt: null, endedAt: null, bootId: null };
  return { ...step, result: result('NotStarted', 0), attempt: 0, ...never, reported: false };
}

/** True once nothing more will happen in a step. */
export function isOver({ result: { status } }: StepState): boolean {
  return status !== 'NotStarted' && status !== 'InProgress' && status !== 'SuccessAndReboot';
}

/** How many steps have each status; those that were not started do not count. */
export function countStatuses(steps: readonly StepState[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { result: one } of steps) {
    if (one.status !== 'NotStarted') counts[one.status] = (counts[one.status] ?? 0) + 1;
  }
  return counts;
}

/** The status of a document whose steps will go no further. A step skipped is no failure. */
export function documentStatus(steps: readonly StepState[]): StepStatus {
  const counts = countStatuses(steps);
  const order = ['SuccessAndReboot', 'Failed', 'TimedOut', 'Cancelled'] as const;
  return order.find((status) => counts[status] !== undefined) ?? 'Success';
}
