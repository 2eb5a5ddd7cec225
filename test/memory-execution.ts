import { parseDefinition } from '../src/core/states-language/definition/parse.ts';
import { freshScope } from '../src/core/states-language/machine/group.ts';
import type { HistoryEvent } from '../src/core/states-language/machine/history.ts';
import { applyEffects, nextHappening, readerOf } from '../src/core/states-language/machine/scopes-in-memory.ts';
import { startedEvent, startHead } from '../src/core/states-language/machine/start.ts';
import { transition } from '../src/core/states-language/machine/step.ts';
import {
  AWS_LIMITS,
  type ExecutionFacts,
  type Happening,
  type Head,
  type Limits,
  type ScheduledTask,
  type ScopeState,
  type Surroundings,
} from '../src/core/states-language/machine/types.ts';
import { type MemoryMapRun, memoryMapRun, startOf, stepMapRun } from './memory-map-run.ts';

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
  /** Histories of the children of its map runs, in the order in which they began. */
  readonly children: readonly HistoryEvent[][];
  readonly transitions: number;
  /** Milliseconds since the start that the clock of the play was moved on. */
  readonly waited: number;
}

/** Plays an execution to its end in memory; its clock jumps to the next time that something waits for. */
export async function play(options: Play): Promise<Played> {
  const world: World = { options, now: options.start, names: 0, transitions: 0, attempts: 0, all: [] };
  const first = enter(world, options.facts, 0);
  while (await move(world, first));
  const { head, events, scopes } = first;
  const waited = world.now.getTime() - options.start.getTime();
  const children = world.all.slice(1).map((child) => child.events);
  return { head, events, children, scopes: [...scopes.values()], transitions: world.transitions, waited };
}

/** All executions of a play: the one that is played, and the children of its map runs. */
interface World {
  readonly options: Play;
  now: Date;
  names: number;
  transitions: number;
  attempts: number;
  readonly all: Playing[];
}

interface Playing {
  readonly facts: ExecutionFacts;
  readonly scopes: Map<string, ScopeState>;
  readonly events: HistoryEvent[];
  readonly tasks: Map<string, ScheduledTask>;
  readonly mapRuns: MemoryMapRun[];
  head: Head;
}

function enter(world: World, facts: ExecutionFacts, machine: number): Playing {
  const { definition } = world.options;
  const scopes = new Map([['0', freshScope(machine, startOf(definition, machine), facts.input)]]);
  const events = [startedEvent(facts, world.now)];
  const entered: Playing = { facts, scopes, events, tasks: new Map(), mapRuns: [], head: startHead() };
  world.all.push(entered);
  return entered;
}

/** One step of the first that can take one; false once the execution that is played has ended, or nothing can. */
async function move(world: World, first: Playing): Promise<boolean> {
  const { options } = world;
  const interrupting = options.interrupt?.(first.head, first.events) ?? null;
  if (interrupting !== null) {
    await happen(world, first, interrupting);
    return true;
  }
  if (first.head.status !== 'RUNNING') return false;
  const running = world.all.filter(({ head }) => head.status === 'RUNNING');
  for (const playing of running) {
    const happening = nextHappening(playing.scopes, world.now);
    if (happening === null) continue;
    await happen(world, playing, happening);
    return true;
  }
  for (const playing of running) if (await moveMapRuns(world, playing)) return true;
  for (const playing of running) {
    const answered = answerOf(playing.scopes, playing.tasks, (task) => options.answer?.(task, world.attempts) ?? null);
    if (answered === null) continue;
    world.attempts += 1;
    await happen(world, playing, answered);
    return true;
  }
  const wakes = running.flatMap(({ scopes }) => [...scopes.values()].flatMap(({ wakeAt }) => wakeAt ?? []));
  if (wakes.length === 0) return false;
  world.now = new Date(Math.max(world.now.getTime(), Math.min(...wakes)));
  return true;
}

async function moveMapRuns(world: World, parent: Playing): Promise<boolean> {
  const before = world.all.length;
  const begin = (facts: ExecutionFacts, machine: number) => {
    const child = enter(world, facts, machine);
    const abort = async () => {
      if (child.head.status === 'RUNNING') await happen(world, child, { type: 'abort', error: null, cause: null });
    };
    return { head: () => child.head, abort };
  };
  for (const run of parent.mapRuns.filter(({ isOpen }) => isOpen)) {
    const over = await stepMapRun(run, parent.facts, world.now, begin);
    if (over === null) continue;
    await happen(world, parent, over);
    return true;
  }
  return world.all.length > before;
}

async function happen(world: World, playing: Playing, happening: Happening): Promise<void> {
  const effects = await transition(surroundings(world, playing), happening);
  if (effects === null) throw new Error(`nothing comes of ${JSON.stringify(happening)}`);
  world.transitions += 1;
  const { scopes } = playing;
  playing.head = effects.head;
  applyEffects(scopes, effects);
  playing.events.push(...effects.events);
  for (const task of effects.tasks) playing.tasks.set(task.task.id, task);
  for (const change of effects.mapRuns) {
    if (change.type === 'start') playing.mapRuns.push(memoryMapRun(change));
    const ended = change.type === 'end' ? playing.mapRuns.find(({ arn }) => arn === change.arn) : undefined;
    if (ended === undefined) continue;
    ended.isOpen = false;
    for (const child of ended.children) await child.abort();
  }
}

function surroundings(world: World, { facts, head, scopes }: Playing): Surroundings {
  const { definition, random = () => 0.5, limits = AWS_LIMITS } = world.options;
  const newId = () => {
    world.names += 1;
    return `id-${world.names}`;
  };
  return {
    program: parseDefinition(definition),
    execution: facts,
    head,
    reader: readerOf(scopes),
    now: world.now,
    random,
    newId,
    newUuid: newId,
    limits,
  };
}

function answerOf(
  scopes: ReadonlyMap<string, ScopeState>,
  tasks: ReadonlyMap<string, ScheduledTask>,
  ask: (task: ScheduledTask) => { output: string } | { error: string; cause?: string } | null,
): Happening | null {
  const waiting = [...scopes.values()].filter(({ phase, task }) => phase === 'task' && task !== null);
  for (const scope of waiting.sort((a, b) => eventOf(a) - eventOf(b))) {
    if (scope.task === null) continue;
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

/** The event that scheduled a scope's task: the first is answered first. */
function eventOf({ task }: ScopeState): number {
  return Number(task?.id.split(':').at(-1));
}
