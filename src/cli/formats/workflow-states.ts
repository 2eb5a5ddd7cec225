import type { AnsweredEvent } from '../client/workflow-answer.ts';

export const MARKS = ['done', 'running', 'waiting', 'failed', 'stopped', 'unreached'] as const;
export type StateMark = (typeof MARKS)[number];

/** What became of one state of an execution. Times are seconds since 1970, of its newest visit. */
export interface StateVisit {
  readonly mark: StateMark;
  readonly visits: number;
  readonly entered: number;
  readonly left: number | null;
  /** The error that it ended with, also one that was caught. */
  readonly error: string | null;
}

interface Open {
  mark: StateMark;
  visits: number;
  entered: number;
  left: number | null;
  error: string | null;
}

const FAILURE = /^(?:Task|Activity|Lambda\w*|Map|Parallel|MapRun)\w*(?:Failed|TimedOut|Aborted)$/;
const AGAIN = /^(?:Task|Activity)(?:Scheduled|Started)$/;
const SUCCESS = /^(?:Task|Activity|ParallelState|MapState)Succeeded$/;

/**
 * What became of each state, by its name: a history tells a state when it enters and leaves it, and each event in
 * between leads back to it. States of branches and iterations are among them; of several visits the newest counts.
 */
export function stateVisits(events: readonly AnsweredEvent[], isOver: boolean): ReadonlyMap<string, StateVisit> {
  const states = new Map<string, Open>();
  const stateOf = new Map<number, string>();
  let lastError: string | null = null;
  for (const event of events) {
    const { id, previousEventId, type, timestamp } = event;
    const name = nameOf(event) ?? stateOf.get(previousEventId);
    if (name === undefined) continue;
    stateOf.set(id, name);
    const before = states.get(name);
    if (type.endsWith('StateEntered')) {
      const visits = (before?.visits ?? 0) + 1;
      states.set(name, { mark: 'running', visits, entered: timestamp, left: null, error: null });
    } else if (before === undefined) continue;
    else if (type.endsWith('StateExited')) {
      before.left = timestamp;
      before.mark = before.error === null ? 'done' : 'failed';
    } else if (FAILURE.test(type)) {
      // A state that fails by one inside of it has no error of its own.
      lastError = errorOf(event) ?? lastError ?? type;
      before.error = lastError;
      before.left = timestamp;
      before.mark = 'failed';
    } else if (SUCCESS.test(type)) before.error = null;
    else if (type === 'TaskSubmitted') before.mark = 'waiting';
    else if (AGAIN.test(type)) {
      before.mark = 'running';
      before.left = null;
      before.error = null;
    }
  }
  if (isOver) for (const one of states.values()) if (one.left === null) one.mark = 'stopped';
  const end = events.at(-1);
  // A Fail state is entered and never left: the execution ends with it.
  if (end?.type === 'ExecutionFailed') {
    const last = states.get(stateOf.get(end.previousEventId) ?? '');
    if (last !== undefined) {
      last.mark = 'failed';
      last.left = end.timestamp;
      last.error ??= errorOf(end);
    }
  }
  return states;
}

/** Where an event says which state it is about. */
function nameOf(event: AnsweredEvent): string | undefined {
  const details = event.stateEnteredEventDetails ?? event.stateExitedEventDetails;
  const name = (details as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

function errorOf(event: AnsweredEvent): string | null {
  const details = Object.entries(event).find(([key]) => key.endsWith('EventDetails'))?.[1];
  const error = (details as { error?: unknown } | undefined)?.error;
  return typeof error === 'string' ? error : null;
}
