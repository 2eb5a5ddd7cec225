import type { TaskRunner } from '../control/executions/task-runner.ts';
import { BAKE_STEPS } from '../control/images/bake.ts';
import { type BakeNeeds, endBake, runBakeStep } from '../control/images/flow/run-step.ts';
import type { StepName } from '../control/images/flow/step-answers.ts';

const RESOURCE = /^arn:aws[a-z-]*:states:::(kintsugi:bake\.[a-z]{1,20})$/;

/** The steps of a bake as resources of state machines, `arn:aws:states:::kintsugi:bake.STEP`; null for any other. */
export function bakeTaskRunner(needs: BakeNeeds, resource: string): TaskRunner | null {
  const name = RESOURCE.exec(resource)?.[1];
  if (name === undefined) return null;
  if (name === 'kintsugi:bake.end') return { run: (input, around) => endBake(needs, input, around) };
  if (!Object.hasOwn(BAKE_STEPS, name)) return null;
  return { run: (input, around) => runBakeStep(needs, name as StepName, input, around) };
}
