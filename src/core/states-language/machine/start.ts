import { type HistoryEvent, payload } from './history.ts';
import type { ExecutionFacts, Head } from './types.ts';

/** The head of an execution that begins, with its first event told. */
export function startHead(): Head {
  return { status: 'RUNNING', lastEvent: 1, turn: 1, redrives: 0, output: null, error: null, cause: null };
}

export function startedEvent({ input, roleArn }: ExecutionFacts, timestamp: Date): HistoryEvent {
  const details = { ...payload('input', input), roleArn };
  return {
    id: 1,
    previousEventId: 0,
    type: 'ExecutionStarted',
    timestamp,
    details: ['executionStartedEventDetails', details],
  };
}
