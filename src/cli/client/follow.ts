import { setTimeout as sleep } from 'node:timers/promises';
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

const LOOK_MS = 700;

/** Follows an execution until its end, or until the state `until` waits for its token. Aborted: the execution goes on. */
export async function followExecution(
  profile: ServerProfile,
  arn: string,
  options: { until: string; signal: AbortSignal; onState: (one: FollowedState) => void },
): Promise<Followed> {
  const events: AnsweredEvent[] = [];
  const told = new Set<string>();
  for (;;) {
    if (options.signal.aborted) return { end: 'left' };
    // First how it stands, so that what its history lacks then is not the end.
    const execution = await describe(profile, arn);
    events.push(...(await history(profile, arn, events.at(-1)?.id ?? 0)));
    const isOver = execution.status !== 'RUNNING';
    const visits = stateVisits(events, isOver);
    for (const [state, { visits: times, entered, left, error, mark }] of visits) {
      const key = `${state} ${times} ${left === null ? 'in' : 'out'}`;
      if (told.has(key)) continue;
      told.add(key);
      // A failure may still be tried again: it is told when the state is left, or all is over.
      if (left === null || mark !== 'failed' || isOver || hasLeft(events, state))
        options.onState({ state, seconds: left === null ? null : left - entered, error });
    }
    if (isOver) return { end: 'over', execution, digest: null };
    if (visits.get(options.until)?.mark === 'waiting')
      return { end: 'waiting', execution, digest: digestIn(events, options.until) };
    await sleep(LOOK_MS, undefined, { signal: options.signal }).catch(() => {});
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
