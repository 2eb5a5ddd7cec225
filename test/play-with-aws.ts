import { runAwsTask } from '../src/clouds/aws/aws-task.ts';
import type { AwsOutcome } from '../src/clouds/aws/call-aws.ts';
import { parseDefinition } from '../src/core/states-language/definition/parse.ts';
import type { Json } from '../src/core/states-language/json.ts';
import { freshScope } from '../src/core/states-language/machine/group.ts';
import { startedEvent, startHead } from '../src/core/states-language/machine/start.ts';
import { transition } from '../src/core/states-language/machine/step.ts';
import {
  AWS_LIMITS,
  type Effects,
  type Happening,
  type Head,
  type ScheduledTask,
  type ScopeState,
} from '../src/core/states-language/machine/types.ts';

export const REGION = 'eu-west-1';

/** A task that is to be answered. `attempt` counts from 1 for each state. */
export interface Asked {
  readonly state: string;
  readonly resource: string;
  readonly input: Json;
  readonly attempt: number;
  readonly key: string;
  readonly now: Date;
}

/** Somebody stops the execution while it waits for the answer, and redrives it. */
export const REDRIVEN = 'redriven';

/** Null: the answer never comes, and the task runs into its time-out. */
export type Answering = (asked: Asked) => Promise<AwsOutcome | typeof REDRIVEN | null>;

export interface Ended {
  readonly status: string;
  readonly output: Json;
  readonly error: string | null;
  readonly cause: string | null;
  /** How often each state asked. */
  readonly attempts: ReadonlyMap<string, number>;
  /** How many events its history has. */
  readonly events: number;
  readonly seconds: number;
}

/** Answers with the real clients of AWS, against one endpoint for all regions. */
export function byAws(endpoint: string): Answering {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  return async ({ resource, input, key }) =>
    runAwsTask({
      resource,
      input: JSON.stringify(input),
      region: REGION,
      placeOf: (region) => ({ region, endpoint, credentials }),
      idempotencyKey: key,
      signal: new AbortController().signal,
    });
}

/** Runs a definition to its end in memory; the clock jumps to the next time that something waits for. */
export async function playWithAws(
  definition: string,
  { name, input, answer, start = new Date() }: { name: string; input: Json; answer: Answering; start?: Date },
): Promise<Ended> {
  const program = parseDefinition(definition);
  const arn = `arn:aws:states:${REGION}:123456789012:execution:machine:${name}`;
  const execution = {
    arn,
    name,
    stateMachineArn: `arn:aws:states:${REGION}:123456789012:stateMachine:machine`,
    stateMachineName: 'machine',
    roleArn: 'arn:aws:iam::123456789012:role/machine',
    region: REGION,
    input: JSON.stringify(input),
    startTime: start.toISOString(),
  };
  const scopes = new Map<string, ScopeState>();
  const tasks = new Map<string, ScheduledTask>();
  const attempts = new Map<string, number>();
  let head: Head = startHead();
  let now = start;
  let ids = 0;
  startedEvent(execution, start);
  scopes.set('0', freshScope(0, program.machines[0]?.startAt ?? '', execution.input));

  const happen = async (happening: Happening): Promise<void> => {
    const reader = {
      scope: async (id: string) => structuredClone(scopes.get(id) as ScopeState),
      children: async (parent: string) =>
        structuredClone([...scopes.values()].filter((one) => one.parent === parent).sort((a, b) => a.index - b.index)),
      mapRunsBelow: async () => [],
    };
    const newId = () => `id-${++ids}`;
    const around = {
      program,
      execution,
      head,
      reader,
      now,
      random: () => 0.5,
      newId,
      newUuid: newId,
      limits: AWS_LIMITS,
    };
    const effects = await transition(around, happening);
    if (effects === null) throw new Error(`nothing comes of ${JSON.stringify(happening)}`);
    head = effects.head;
    for (const scope of effects.scopes) scopes.set(scope.id, structuredClone(scope));
    settleTree(scopes, effects);
    for (const task of effects.tasks) tasks.set(task.task.id, task);
  };

  while (head.status === 'RUNNING') {
    const happening = nextOf(scopes, now);
    if (happening !== null) {
      await happen(happening);
      continue;
    }
    const task = [...tasks.values()].find((one) => scopes.get(one.scope)?.task?.id === one.task.id);
    if (task !== undefined) {
      tasks.delete(task.task.id);
      const state = scopes.get(task.scope)?.state ?? '';
      const attempt = (attempts.get(state) ?? 0) + 1;
      attempts.set(state, attempt);
      const { resource, task: about } = task;
      const key = `${arn} ${about.id}`;
      const outcome = await answer({ state, resource, input: JSON.parse(task.input) as Json, attempt, key, now });
      if (outcome === REDRIVEN) {
        await happen({ type: 'abort', error: null, cause: null });
        await happen({ type: 'redrive' });
      } else if (outcome !== null) await happen(told(task, outcome));
      continue;
    }
    const wakes = [...scopes.values()].flatMap(({ wakeAt }) => (wakeAt === null ? [] : [wakeAt]));
    if (wakes.length === 0) throw new Error('nothing moves the execution on');
    now = new Date(Math.max(now.getTime(), Math.min(...wakes)));
  }
  const output = head.output === null ? null : (JSON.parse(head.output) as Json);
  const seconds = (now.getTime() - start.getTime()) / 1000;
  return {
    status: head.status,
    output,
    error: head.error,
    cause: head.cause,
    attempts,
    events: head.lastEvent,
    seconds,
  };
}

function told({ scope, task }: ScheduledTask, outcome: AwsOutcome): Happening {
  if (outcome.ok) return { type: 'taskSucceeded', scope, task: task.id, output: JSON.stringify(outcome.output) };
  return { type: 'taskFailed', scope, task: task.id, error: outcome.error, cause: outcome.cause };
}

function nextOf(scopes: ReadonlyMap<string, ScopeState>, now: Date): Happening | null {
  const all = [...scopes.values()];
  const [ready] = all.filter(({ phase }) => phase === 'ready').sort((a, b) => a.turn - b.turn);
  if (ready !== undefined) return { type: 'turn', scope: ready.id };
  const due = all.find(({ wakeAt }) => wakeAt !== null && wakeAt <= now.getTime());
  return due === undefined ? null : { type: 'wake', scope: due.id };
}

function settleTree(scopes: Map<string, ScopeState>, { dropped, aborted }: Effects): void {
  const isUnder = (parents: readonly string[], id: string) => parents.some((parent) => id.startsWith(`${parent}/`));
  for (const [id, scope] of [...scopes]) {
    if (isUnder(dropped, id)) scopes.delete(id);
    else if (isUnder(aborted, id) && scope.phase !== 'succeeded' && scope.phase !== 'failed')
      scopes.set(id, { ...scope, phase: 'aborted', wakeAt: null, task: null });
  }
}
