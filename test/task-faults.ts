import type { AwsOutcome } from '../src/clouds/aws/call-aws.ts';
import type { Answering, Asked } from './play-with-aws.ts';

/** What befalls one task state: at its first attempt, or whenever it asks. */
export const TASK_FAULTS = [
  'an error',
  'errors without end',
  'an error after the effect',
  'a time-out after the effect',
  'time-outs without end',
] as const;
export type TaskFault = (typeof TASK_FAULTS)[number];
/** One of each kind, for where a run is dear. */
export const DEAR_TASK_FAULTS: readonly TaskFault[] = [
  'errors without end',
  'an error after the effect',
  'a time-out after the effect',
];

export interface Fault {
  readonly state: string;
  readonly fault: TaskFault;
}

export function isEndless({ fault }: Fault): boolean {
  return fault.endsWith('without end');
}

/** Answers as `answer` does, but for the states with a fault. */
export function withFaults(answer: Answering, faults: readonly Fault[]): Answering {
  return async (asked) => {
    const found = faults.find(({ state }) => state === asked.state);
    if (found === undefined) return answer(asked);
    if (isEndless(found)) return found.fault.startsWith('errors') ? refused(asked) : null;
    if (asked.attempt > 1) return answer(asked);
    if (found.fault === 'an error') return refused(asked);
    await answer(asked);
    return found.fault === 'an error after the effect' ? refused(asked) : null;
  };
}

const NAMES: Readonly<Record<string, string>> = { ec2: 'Ec2', ssm: 'Ssm', autoscaling: 'AutoScaling' };

function refused({ resource, input }: Asked): AwsOutcome {
  const named = /aws-sdk:([a-z0-9]+):/.exec(resource)?.[1];
  const service = named ?? (input as { Service: string }).Service;
  const name = NAMES[service] ?? 'Sfn';
  return { ok: false, error: `${name}.${name}Exception`, cause: 'refused on purpose' };
}
