import { setTimeout as sleep } from 'node:timers/promises';
import { KintsugiError } from '../../core/errors.ts';
import { stateVisits } from '../formats/workflow-states.ts';
import type { ServerProfile } from './profile.ts';
import type { AnsweredEvent, DescribedExecution } from './workflow-answer.ts';
import { describe, history } from './workflows.ts';

/** A state that was entered (`seconds` null), or left after so many seconds. */
export interface FollowedState {
  readonly state: string;
  readonly seconds: number | null;
  readonly error: string | null;
}

export type Followed =
  | { readonly end: 'left' }
  | { readonly end: 'over' | 'waiting'; readonly execution: DescribedExecution; readonly digest: string | null };

export interface FollowOptions {
  /** The state that waits for somebody; absent: it is followed to its end. */
  readonly until?: string;
  readonly signal: AbortSignal;
  readonly onState?: (one: FollowedState) => void;
  /** Each event of the history, once. */
  readonly onEvent?: (one: AnsweredEvent) => void;
  /** The server does not answer, and is asked again. */
  readonly onSilence?: () => void;
  readonly lookMs?: number;
}

const LOOK_MS = 700;
/** A server that is restarted is back by then. */
const SILENCE_MS = 120_000;

/**
 * Follows an execution until its end, or until the state `until` waits for its token. Aborted: the execution goes on.
 * A server that does not answer for two minutes: ServerUnreachable.
 */
export async function followExecution(profile: ServerProfile, arn: string, options: FollowOptions): Promise<Followed> {
  const { until, signal, onState = () => {}, onEvent = () => {}, lookMs = LOOK_MS } = options;
  const events: AnsweredEvent[] = [];
  const told = new Set<string>();
  let silentSince: number | null = null;
  for (;;) {
    if (signal.aborted) return { end: 'left' };
    const seen = await look(profile, arn, events.at(-1)?.id ?? 0);
    if (seen instanceof KintsugiError) {
      silentSince ??= Date.now();
      if (Date.now() - silentSince > SILENCE_MS) throw seen;
      options.onSilence?.();
    } else {
      silentSince = null;
      const { execution, fresh } = seen;
      events.push(...fresh);
      for (const one of fresh) onEvent(one);
      const isOver = execution.status !== 'RUNNING';
      const visits = stateVisits(events, isOver);
      for (const [state, { visits: times, entered, left, error, mark }] of visits) {
        const key = `${state} ${times} ${left === null ? 'in' : 'out'}`;
        // A failure may still be tried again: it is told when the state is left, or all is over.
        if (told.has(key) || (left !== null && mark === 'failed' && !isOver && !hasLeft(events, state))) continue;
        told.add(key);
        onState({ state, seconds: left === null ? null : left - entered, error });
      }
      if (isOver) return { end: 'over', execution, digest: null };
      if (until !== undefined && visits.get(until)?.mark === 'waiting')
        return { end: 'waiting', execution, digest: digestIn(events, until) };
    }
    await sleep(lookMs, undefined, { signal }).catch(() => {});
  }
}

/** How it stands, and what its history has after the event `after`; the error where no server answers. */
async function look(profile: ServerProfile, arn: string, after: number) {
  try {
    // First how it stands, so that what its history lacks then is not the end.
    const execution = await describe(profile, arn);
    return { execution, fresh: await history(profile, arn, after) };
  } catch (error) {
    if (error instanceof KintsugiError && error.code === 'ServerUnreachable') return error;
    throw error;
  }
}

function hasLeft(events: readonly AnsweredEvent[], state: string): boolean {
  return events.some((one) => (one.stateExitedEventDetails as { name?: unknown } | undefined)?.name === state);
}

/** What the state asked about: the digest in the parameters of its task. */
function digestIn(events: readonly AnsweredEvent[], state: string): string | null {
  const entered = events.findLastIndex((one) => (one.stateEnteredEventDetails as { name?: string })?.name === state);
  const scheduled = events.slice(entered).find(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails;
  const found = /"Digest":"((?:sha256:[0-9a-f]{64}|ami-[0-9a-f]+))"/.exec(
    String((scheduled as { parameters?: unknown } | undefined)?.parameters ?? ''),
  );
  return found?.[1] ?? null;
}
