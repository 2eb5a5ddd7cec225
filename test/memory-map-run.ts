import { parseDefinition } from '../src/core/states-language/definition/parse.ts';
import { resultTexts } from '../src/core/states-language/machine/map-run-results.ts';
import { EXCEEDED, mapRunStep } from '../src/core/states-language/machine/map-run-step.ts';
import type { ChildInput, MapRunChange, MapRunPlan } from '../src/core/states-language/machine/map-run-types.ts';
import type { ExecutionFacts, Happening, Head } from '../src/core/states-language/machine/types.ts';

export interface MemoryChild {
  readonly facts: ExecutionFacts;
  readonly machine: number;
  readonly items: number;
  readonly started: Date;
  head(): Head;
  abort(): Promise<void>;
}

/** A map run of an execution in memory: the same decisions as in the store, without any of its care. */
export interface MemoryMapRun {
  readonly arn: string;
  readonly scope: string;
  readonly plan: MapRunPlan;
  readonly inputs: readonly ChildInput[];
  readonly children: MemoryChild[];
  isOpen: boolean;
}

export function memoryMapRun(change: Extract<MapRunChange, { type: 'start' }>): MemoryMapRun {
  const { arn, scope, plan, inputs } = change;
  if (inputs === null) throw new Error('the items of a play come in line');
  return { arn, scope, plan, inputs, children: [], isOpen: true };
}

/** Starts what may start; once all is over, what the parent is told. */
export async function stepMapRun(
  run: MemoryMapRun,
  parent: ExecutionFacts,
  now: Date,
  begin: (facts: ExecutionFacts, machine: number) => Pick<MemoryChild, 'head' | 'abort'>,
): Promise<Happening | null> {
  const failedItems = count(run, ({ status }) => status !== 'RUNNING' && status !== 'SUCCEEDED');
  const step = mapRunStep({
    ...run.plan,
    children: run.inputs.length,
    begun: run.children.length,
    running: run.children.filter((child) => child.head().status === 'RUNNING').length,
    items: run.inputs.reduce((sum, { items }) => sum + items, 0),
    failedItems,
  });
  if (step.type === 'start') {
    for (let left = step.most; left > 0; left -= 1) {
      const index = run.children.length;
      const given = run.inputs[index];
      if (given === undefined) throw new Error('more children than inputs');
      const [, , , , , , name = ''] = run.arn.split(':');
      const facts = {
        ...parent,
        arn: `${parent.arn.replace(/:[^:]*$/, '')}/${name.split('/')[1]}:${index}`,
        name: String(index),
        input: given.input,
        startTime: now.toISOString(),
      };
      const { machine } = run.plan;
      run.children.push({ facts, machine, items: given.items, started: now, ...begin(facts, machine) });
    }
    return null;
  }
  if (step.type === 'stop') for (const child of run.children) await child.abort();
  const texts = run.children.flatMap(({ facts, head, started }) =>
    resultTexts(
      { ...facts, ...head(), startDate: started, stopDate: now, isExpress: run.plan.isExpress },
      run.plan.writer?.transformation ?? 'COMPACT',
    ),
  );
  const failure = step.type === 'stop' ? EXCEEDED : null;
  return { type: 'mapRunOver', scope: run.scope, mapRun: run.arn, output: `[${texts.join(',')}]`, failure };
}

function count({ children }: MemoryMapRun, isSo: (head: Head) => boolean): number {
  return children.filter((child) => isSo(child.head())).reduce((sum, { items }) => sum + items, 0);
}

/** The machine that a program's execution or child begins in. */
export function startOf(definition: string, machine: number): string {
  const found = parseDefinition(definition).machines[machine];
  if (found === undefined) throw new Error('no machine');
  return found.startAt;
}
