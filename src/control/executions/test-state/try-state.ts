import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshScope } from '../../../core/states-language/machine/group.ts';
import { applyEffects, readerOf, type Scopes } from '../../../core/states-language/machine/scopes-in-memory.ts';
import { startHead } from '../../../core/states-language/machine/start.ts';
import { transition } from '../../../core/states-language/machine/step.ts';
import {
  AWS_LIMITS,
  type ExecutionFacts,
  type Happening,
  type ScheduledTask,
  type ScopeState,
} from '../../../core/states-language/machine/types.ts';
import { type Heard, listen } from './inspection.ts';
import type { Plan } from './read-plan.ts';

/** What a task has come to; null where its time was over first. */
export type TaskOutcome =
  | { readonly output: string }
  | { readonly error: string | null; readonly cause: string | null }
  | null;

export interface Trying {
  readonly facts: ExecutionFacts;
  readonly now: () => Date;
  readonly random: () => number;
  /** Until `until`, milliseconds since 1970; `beat` takes its signs of life. */
  readonly runTask: (task: ScheduledTask, until: () => number, beat: () => Promise<void>) => Promise<TaskOutcome>;
  /** Milliseconds since 1970: AWS's five minutes from the beginning. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

export interface Tried {
  readonly scope: ScopeState;
  readonly heard: Heard;
  /** The state did not come to its end in the time that a test may take. */
  readonly isLate: boolean;
}

/**
 * Enters one state and goes on until it is left, has failed or would be tried again: by the interpreter of executions,
 * in memory.
 */
export async function tryState(plan: Plan, trying: Trying): Promise<Tried> {
  const { program, node, mock } = plan;
  const heard = listen(plan);
  const scopes: Scopes = new Map([['0', firstScope(plan)]]);
  let scope = firstScope(plan);
  let head = startHead();
  let task: ScheduledTask | null = null;
  const take = async (happening: Happening): Promise<void> => {
    const effects = await transition(
      {
        program,
        execution: trying.facts,
        head,
        reader: readerOf(scopes),
        now: trying.now(),
        random: trying.random,
        newId: () => randomBytes(32).toString('base64url'),
        newUuid: randomUUID,
        limits: AWS_LIMITS,
        trial: heard.trial,
      },
      happening,
    );
    if (effects === null) return;
    head = effects.head;
    task = effects.tasks[0] ?? task;
    applyEffects(scopes, effects);
    scope = scopes.get('0') ?? scope;
  };
  const isOpen = (): boolean =>
    heard.handled() === null && (scope.phase === 'task' || (scope.phase === 'waiting' && node.type === 'Wait'));
  await take({ type: 'turn', scope: '0' });
  while (isOpen() && trying.signal?.aborted !== true) {
    const { deadline } = trying;
    const wakeAt = (): number => Math.min(scope.wakeAt ?? deadline, deadline);
    const current = task as ScheduledTask | null;
    if (scope.phase === 'task' && current !== null) {
      const about = { scope: '0', task: current.task.id };
      const told = mock ?? (await trying.runTask(current, wakeAt, () => take({ type: 'taskHeartbeat', ...about })));
      if (told !== null) {
        const output = 'result' in told ? told.result : 'output' in told ? told.output : null;
        if (output !== null) heard.values.result = output;
        await take(
          output === null
            ? { type: 'taskFailed', ...about, ...(told as { error: string | null; cause: string | null }) }
            : { type: 'taskSucceeded', ...about, output },
        );
        continue;
      }
    } else if ((scope.wakeAt ?? 0) <= deadline) {
      const ms = Math.max(0, wakeAt() - trying.now().getTime());
      // Nobody waits for the answer of a caller who has gone.
      await sleep(ms, undefined, trying.signal === undefined ? {} : { signal: trying.signal }).catch(() => {});
    }
    if ((scope.wakeAt ?? Number.POSITIVE_INFINITY) > deadline) return { scope, heard, isLate: true };
    await take({ type: 'wake', scope: '0' });
  }
  if (mock !== null && 'result' in mock && node.type !== 'Task') heard.values.result = mock.result;
  return { scope, heard, isLate: false };
}

function firstScope({ node, machine, input, variables, isRepeated, retries }: Plan): ScopeState {
  const retriers = Array.isArray(node.fields.Retry) ? node.fields.Retry : [];
  return {
    ...freshScope(machine, node.name, input),
    variables,
    // The first iteration, and the whole input its item.
    item: isRepeated ? { index: 0, value: input } : null,
    retries: retriers.map(() => retries),
    retryCount: retries,
  };
}
