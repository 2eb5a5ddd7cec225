import { result, type StepResult, type StepState } from './step-state.ts';

/** Run the step, or note this about it instead. */
export type Move = { readonly kind: 'run' } | { readonly kind: 'note'; readonly result: StepResult };

const RUNS_HERE = new Set(['aws:runShellScript', 'aws:softwareInventory', 'aws:downloadContent']);
/** Real actions for machines of another kind: a document for all of them holds such steps. */
const RUNS_ELSEWHERE = new Set(['aws:runPowerShellScript', 'aws:psModule', 'aws:applications', 'aws:domainJoin']);
const PLATFORM = 'linux';

/**
 * What becomes of step `index`, now that all before it are over. Preconditions:
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/document-schemas-features.html#precondition-schema
 */
export function nextMove(steps: readonly StepState[], index: number): Move {
  const step = steps[index];
  if (step === undefined) throw new RangeError(`no step ${index}`);
  const ending = steps.slice(0, index).find(({ result: { endsDocument } }) => endsDocument);
  if (ending !== undefined && !isFinal(step)) {
    return skip(`Step execution skipped because step ${ending.name} ended the document. Step name: ${step.name}`);
  }
  const known = RUNS_HERE.has(step.action) || RUNS_ELSEWHERE.has(step.action);
  if (!known) {
    return fail(
      `Plugin with name ${step.action} is not supported by this version of ssm agent, please update to latest version. Step name: ${step.name}`,
    );
  }
  if (step.precondition !== null) {
    const unmet = unmetConditions(step.precondition);
    if (unmet === null) {
      const shown = JSON.stringify(step.precondition).slice(0, 500);
      return fail(
        `Unrecognized precondition(s): '${shown}', please update agent to latest version. Step name: ${step.name}`,
      );
    }
    if (unmet.length > 0) {
      const shown = unmet.join(', ').slice(0, 500);
      return skip(`Step execution skipped due to unsatisfied preconditions: '${shown}'. Step name: ${step.name}`);
    }
  }
  if (RUNS_HERE.has(step.action)) return { kind: 'run' };
  if (step.precondition === null) {
    return skip(`Step execution skipped due to incompatible platform. Step name: ${step.name}`);
  }
  return fail(`Plugin with name ${step.action} is not supported in current platform. Step name: ${step.name}`);
}

/** The last word of a document, which is said however the steps before came out. */
export function isFinal({ inputs }: StepState): boolean {
  return inputs.finallyStep === true || inputs.finallyStep === 'true';
}

/** The conditions that do not hold; null where one of them is of no known form. Operands are in any order and case. */
function unmetConditions(precondition: Readonly<Record<string, unknown>>): string[] | null {
  const unmet: string[] = [];
  for (const [operator, operands] of Object.entries(precondition)) {
    if (operator !== 'StringEquals' || !Array.isArray(operands) || operands.length !== 2) return null;
    const [left, right] = operands;
    if (typeof left !== 'string' || typeof right !== 'string') return null;
    const isPlatform = left === 'platformType' || right === 'platformType';
    const holds = isPlatform ? (left === 'platformType' ? right : left).toLowerCase() === PLATFORM : left === right;
    if (!holds) unmet.push(`"${operator}": [${left}, ${right}]`);
  }
  return unmet;
}

function skip(stdoutNote: string): Move {
  return { kind: 'note', result: result('Skipped', 0, { stdoutNote }) };
}

function fail(stderrNote: string): Move {
  return { kind: 'note', result: result('Failed', 1, { stderrNote }) };
}
