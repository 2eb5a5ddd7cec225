import { parseDefinition } from '../src/core/states-language/definition/parse.ts';
import { freshScope } from '../src/core/states-language/machine/group.ts';
import type { HistoryEvent } from '../src/core/states-language/machine/history.ts';
import { startedEvent, startHead } from '../src/core/states-language/machine/start.ts';
import { transition } from '../src/core/states-language/machine/step.ts';
import {
  AWS_LIMITS,
  type Effects,
  type ExecutionFacts,
  type Happening,
  type Head,
  type Limits,
  type ScheduledTask,
  type ScopeState,
  type Surroundings,
} from '../src/core/states-language/machine/types.ts';

export interface Play {
  readonly definition: string;
  readonly facts: ExecutionFacts;
  readonly start: Date;
  readonly limits?: Limits;
  readonly random?: () => number;
  /** What a task answers; a task without an answer runs into its timeout, or the play ends there. */
  readonly answer?: (
    task: ScheduledTask,
    attempt: number,
  ) => { output: string } | { error: string; cause?: string } | null;
  /** Asked before each transition; what it answers happens first. */
  readonly interrupt?: (head: Head, events: readonly HistoryEvent[]) => Happening | null;
}

export interface Played {
  readonly head: Head;
  readonly events: HistoryEvent[];
  readonly scopes: ScopeState[];
  readonly transitions: number;
  /** Milliseconds since the start that the clock of the play was moved on. */
  readonly waited: number;
}

/** Plays an execution to its end in memory; its clock jumps to the next time that something waits for. */
export async function play(options: Play): Promise<Played> {
  const program = parseDefinition(options.definition);
  const first = program.machines[0];
  if (first === undefined) throw new Error('no machine');
  const scopes = new Map<string, ScopeState>();
  const events: HistoryEvent[] = [startedEvent(options.facts, options.start)];
  let head: Head = startHead();
  let now = options.start;
  let names = 0;
  let transitions = 0;
  scopes.set('0', freshScope(0, first.startAt, options.facts.input));
  const around = (): Surroundings => ({
    program,
    execution: options.facts,
    head,
    reader: {
      scope: async (id) => structuredClone(found(scopes, id)),
      children: async (parent) =>
        structuredClone([...scopes.values()].filter((one) => one.parent === parent).sort((a, b) => a.index - b.index)),
    },
    now,
    random: options.random ?? (() => 0.5),
    newId: () => {
      names += 1;
      return `id-${names}`;
    },
    limits: options.limits ?? AWS_LIMITS,
  });
  const tasks = new Map<string, ScheduledTask>();
  const happen = async (happening: Happening): Promise<void> => {
    const effects = await transition(around(), happening);
    if (effects === null) throw new Error(`nothing comes of ${JSON.stringify(happening)}`);
    transitions += 1;
    head = effects.head;
    // What a store would write and read again.
    for (const scope of effects.scopes) scopes.set(scope.id, structuredClone(scope));
    applyTree(scopes, effects);
    events.push(...effects.events);
    for (const task of effects.tasks) tasks.set(task.task.id, task);
  };
  let attempts = 0;
  for (;;) {
    const interrupting = options.interrupt?.(head, events) ?? null;
    if (interrupting !== null) {
      await happen(interrupting);
      continue;
    }
    if (head.status !== 'RUNNING') break;
    const happening = nextOf(scopes, now);
    if (happening !== null) {
      await happen(happening);
      continue;
    }
    const answered = answerOf(scopes, tasks, (task) => options.answer?.(task, attempts) ?? null);
    if (answered !== null) {
      attempts += 1;
      await happen(answered);
      continue;
    }
    const wakes = [...scopes.values()].flatMap(({ wakeAt }) => (wakeAt === null ? [] : [wakeAt]));
    if (wakes.length === 0) break;
    now = new Date(Math.max(now.getTime(), Math.min(...wakes)));
  }
  return { head, events, scopes: [...scopes.values()], transitions, waited: now.getTime() - options.start.getTime() };
}

function found(scopes: ReadonlyMap<string, ScopeState>, id: string): ScopeState {
  const scope = scopes.get(id);
  if (scope === undefined) throw new Error(`there is no scope ${id}`);
  return scope;
}

/** The order in which a store hands out the work of one execution. */
function nextOf(scopes: ReadonlyMap<string, ScopeState>, now: Date): Happening | null {
  const ready = [...scopes.values()].filter(({ phase }) => phase === 'ready').sort((a, b) => a.turn - b.turn);
  if (ready[0] !== undefined) return { type: 'turn', scope: ready[0].id };
  const due = [...scopes.values()]
    .filter(({ wakeAt }) => wakeAt !== null && wakeAt <= now.getTime())
    .sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0) || (a.id < b.id ? -1 : 1));
  return due[0] === undefined ? null : { type: 'wake', scope: due[0].id };
}

function answerOf(
  scopes: ReadonlyMap<string, ScopeState>,
  tasks: ReadonlyMap<string, ScheduledTask>,
  ask: (task: ScheduledTask) => { output: string } | { error: string; cause?: string } | null,
): Happening | null {
  for (const scope of scopes.values()) {
    if (scope.phase !== 'task' || scope.task === null) continue;
    const scheduled = tasks.get(scope.task.id);
    const answer = scheduled === undefined ? null : ask(scheduled);
    if (answer === null) continue;
    const about = { scope: scope.id, task: scope.task.id };
    return 'output' in answer
      ? { type: 'taskSucceeded', ...about, output: answer.output }
      : { type: 'taskFailed', ...about, error: answer.error, cause: answer.cause ?? null };
  }
  return null;
}

function applyTree(scopes: Map<string, ScopeState>, { dropped, aborted }: Effects): void {
  for (const [id, scope] of [...scopes]) {
    if (dropped.some((parent) => id.startsWith(`${parent}/`))) {
      scopes.delete(id);
      continue;
    }
    const isOpen = scope.phase !== 'succeeded' && scope.phase !== 'failed';
    if (isOpen && aborted.some((parent) => id.startsWith(`${parent}/`))) {
      scopes.set(id, { ...scope, phase: 'aborted', wakeAt: null, task: null });
    }
  }
}
