import { randomBytes, randomUUID } from 'node:crypto';
import { parseDefinition } from '../../../core/states-language/definition/parse.ts';
import { freshScope } from '../../../core/states-language/machine/group.ts';
import {
  applyEffects,
  nextHappening,
  readerOf,
  type Scopes,
} from '../../../core/states-language/machine/scopes-in-memory.ts';
import { startHead } from '../../../core/states-language/machine/start.ts';
import { transition } from '../../../core/states-language/machine/step.ts';
import {
  AWS_LIMITS,
  type ExecutionFacts,
  type Happening,
  type Head,
  type ScheduledTask,
} from '../../../core/states-language/machine/types.ts';
import { taskOutcome } from '../run-task.ts';
import type { FindTaskRunner } from '../task-runner.ts';

export interface InMemory {
  readonly definition: string;
  readonly facts: ExecutionFacts;
  readonly account: string;
  readonly findTaskRunner: FindTaskRunner;
  readonly now: () => Date;
  readonly random: () => number;
  /** When it has taken too long. */
  readonly deadline: Date;
  /** Aborted: it ends at once, and what its tasks do is stopped. */
  readonly signal: AbortSignal;
}

/** Transitions before everything else of the server has its turn: a loop without an end holds up nobody. */
const BREATH = 32;
/** EXPRESS workflows have no bound of events: their time is theirs. */
export const EXPRESS_LIMITS = { ...AWS_LIMITS, events: 2 ** 31 - 1 };

/**
 * Plays an execution to its end without a store: nothing of it outlives this process, so that none of its tasks is
 * ever begun twice. Null where it was aborted.
 */
export async function runInMemory(options: InMemory): Promise<Head | null> {
  const { facts, now, signal, deadline } = options;
  const program = parseDefinition(options.definition);
  const scopes: Scopes = new Map([['0', freshScope(0, program.machines[0]?.startAt ?? '', facts.input)]]);
  const told: Happening[] = [];
  const tasks = new Map<string, AbortController>();
  let head = startHead();
  let wake = (): void => {};
  const happen = async (happening: Happening): Promise<void> => {
    const around = { program, execution: facts, head, reader: readerOf(scopes), now: now(), random: options.random };
    const names = { newId: () => randomBytes(32).toString('base64url'), newUuid: randomUUID, limits: EXPRESS_LIMITS };
    const effects = await transition({ ...around, ...names }, happening);
    // A task that has timed out in the meantime tells nothing any more.
    if (effects === null) return;
    head = effects.head;
    applyEffects(scopes, effects);
    for (const task of effects.tasks) begin(task);
    const open = new Set([...scopes.values()].map(({ task }) => task?.id));
    for (const [id, task] of tasks) if (!open.has(id)) task.abort();
  };
  const begin = (task: ScheduledTask): void => {
    const { id } = task.task;
    const controller = new AbortController();
    tasks.set(id, controller);
    void taskOutcome(options.findTaskRunner, task.resource, JSON.parse(task.input), {
      account: options.account,
      region: facts.region,
      executionArn: facts.arn,
      taskToken: null,
      idempotencyKey: `${facts.arn}#${id}`,
      start: 1,
      signal: controller.signal,
      heartbeat: async () => {
        told.push({ type: 'taskHeartbeat', scope: task.scope, task: id });
        wake();
      },
    }).then((outcome) => {
      tasks.delete(id);
      if (outcome === null) return;
      const about = { scope: task.scope, task: id };
      told.push(
        'output' in outcome
          ? { type: 'taskSucceeded', ...about, ...outcome }
          : { type: 'taskFailed', ...about, ...outcome },
      );
      wake();
    });
  };
  try {
    for (let count = 1; head.status === 'RUNNING'; count += 1) {
      if (signal.aborted) return null;
      if (count % BREATH === 0) await new Promise(setImmediate);
      const at = now();
      const next: Happening | null = at >= deadline ? { type: 'timeOut' } : (told.shift() ?? nextHappening(scopes, at));
      if (next !== null) await happen(next);
      else await until(wakeTime(scopes, deadline) - at.getTime(), signal, (call) => (wake = call));
    }
    return head;
  } finally {
    for (const task of tasks.values()) task.abort();
  }
}

function wakeTime(scopes: Scopes, deadline: Date): number {
  return Math.min(deadline.getTime(), ...[...scopes.values()].flatMap(({ wakeAt }) => wakeAt ?? []));
}

/** Waits for `ms`, for the call that `expect` is given, or for the end. */
async function until(ms: number, signal: AbortSignal, expect: (call: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, Math.max(0, ms));
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    expect(done);
    if (signal.aborted) done();
  });
}
