/** What is known of one step of a document on a node. */
export interface StepResult {
  readonly name: string;
  readonly status: StepStatus;
  readonly code: number;
  /** The action, such as `aws:runShellScript`. */
  readonly plugin: string;
  readonly output: string;
  readonly standardOutput: string;
  readonly standardError: string;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** When the node said so, by its own clock. */
  readonly reportedAt: Date;
}

/** How far a step has come; a step never goes back. */
const PROGRESS = {
  NotStarted: 0,
  InProgress: 1,
  SuccessAndReboot: 2,
  PassedAndReboot: 2,
  Success: 3,
  Failed: 3,
  Cancelled: 3,
  TimedOut: 3,
  Skipped: 3,
} as const;
export type StepStatus = keyof typeof PROGRESS;
const DONE = 3;

export function isStepStatus(text: string): text is StepStatus {
  return Object.hasOwn(PROGRESS, text);
}

/** True once the step will not run again: a step that asked for a reboot will. */
export function isDone(step: StepResult): boolean {
  return PROGRESS[step.status] === DONE;
}

/**
 * What holds when a node has said two things of one step. Replies come twice, late and out of order, so the answer does
 * not depend on the order: the further progress holds; of two unfinished states the later word; of two results the
 * first, since an agent that crashed reports its first step as failed even when that had ended well.
 */
export function mergeSteps(a: StepResult, b: StepResult): StepResult {
  const progress = PROGRESS[a.status] - PROGRESS[b.status];
  if (progress !== 0) return progress > 0 ? a : b;
  const time = a.reportedAt.getTime() - b.reportedAt.getTime();
  if (time !== 0) return (isDone(a) ? time < 0 : time > 0) ? a : b;
  return JSON.stringify(a) >= JSON.stringify(b) ? a : b;
}
