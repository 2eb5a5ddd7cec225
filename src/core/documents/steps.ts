import {
  accepted,
  isObject,
  type Json,
  type JsonObject,
  type Outcome,
  type Precondition,
  refused,
  type Step,
} from './types.ts';

const MAX_STEPS = 1000;
const NAME = /^[A-Za-z0-9_\-.]{1,128}$/;
const ACTION = /^[A-Za-z0-9]+:[A-Za-z0-9]+$/;

/** The `mainSteps` of the schemas 2.0 and 2.2. */
export function readMainSteps(written: Json | undefined, schemaVersion: string): Outcome<Step[]> {
  if (!Array.isArray(written) || written.length === 0)
    return refused('The document needs mainSteps: a list of at least one step.');
  if (written.length > MAX_STEPS) return refused(`A document has at most ${MAX_STEPS} steps.`);
  const steps: Step[] = [];
  const names = new Set<string>();
  for (const [index, value] of written.entries()) {
    const step = readStep(value, `Step ${index + 1}`, schemaVersion);
    if (!step.ok) return step;
    if (names.has(step.value.name)) return refused(`Two steps have the name "${step.value.name}".`);
    names.add(step.value.name);
    steps.push(step.value);
  }
  const astray = steps.find(({ nextStep }) => nextStep !== null && !names.has(nextStep));
  if (astray !== undefined) return refused(`Step "${astray.name}" goes on with a step that is not there.`);
  return accepted(steps);
}

function readStep(written: Json, where: string, schemaVersion: string): Outcome<Step> {
  if (!isObject(written)) return refused(`${where} is not a map.`);
  const { action, name, inputs = {}, nextStep = null } = written;
  if (typeof action !== 'string' || !ACTION.test(action))
    return refused(`${where} needs an action such as aws:runShellScript.`);
  if (typeof name !== 'string' || !NAME.test(name))
    return refused(`${where} needs a name of letters, digits, "_", "-" and ".".`);
  if (!isObject(inputs)) return refused(`The inputs of step "${name}" are not a map.`);
  if (nextStep !== null && typeof nextStep !== 'string')
    return refused(`The nextStep of step "${name}" is not a name.`);
  const precondition = readPrecondition(written.precondition, name, schemaVersion);
  if (!precondition.ok) return precondition;
  const rest = readFlow(written, inputs, name);
  if (!rest.ok) return rest;
  const timeoutSeconds = inputs.timeoutSeconds ?? written.timeoutSeconds ?? null;
  return accepted({ action, name, inputs, nextStep, precondition: precondition.value, timeoutSeconds, ...rest.value });
}

function readPrecondition(written: Json | undefined, name: string, schema: string): Outcome<Precondition | null> {
  if (written === undefined || written === null) return accepted(null);
  if (schema !== '2.2')
    return refused(`Step "${name}" has a precondition, which schema version ${schema} does not know.`);
  const [operator, ...others] = isObject(written) ? Object.keys(written) : [];
  const sides = isObject(written) ? written.StringEquals : undefined;
  if (operator !== 'StringEquals' || others.length > 0 || !Array.isArray(sides))
    return refused(`The precondition of step "${name}" is not StringEquals.`);
  const [left, right, ...more] = sides;
  if (typeof left !== 'string' || typeof right !== 'string' || more.length > 0)
    return refused(`The precondition of step "${name}" does not compare two texts.`);
  return accepted({ stringEquals: [left, right] });
}

type Flow = Pick<Step, 'onFailure' | 'onSuccess' | 'isFinally' | 'isEnd'>;

/** These stand in the step or, where the agent reads them, in its inputs. */
function readFlow(step: JsonObject, inputs: JsonObject, name: string): Outcome<Flow> {
  const read = (key: string): Json => inputs[key] ?? step[key] ?? null;
  const [onFailure, onSuccess] = [read('onFailure'), read('onSuccess')];
  if (onFailure !== null && onFailure !== 'exit' && onFailure !== 'successAndExit')
    return refused(`The onFailure of step "${name}" is neither exit nor successAndExit.`);
  if (onSuccess !== null && onSuccess !== 'exit') return refused(`The onSuccess of step "${name}" is not exit.`);
  const [isFinally, isEnd] = [truth(read('finallyStep')), truth(read('isEnd'))];
  if (isFinally === null || isEnd === null)
    return refused(`The finallyStep and isEnd of step "${name}" are true or false.`);
  return accepted({ onFailure, onSuccess, isFinally, isEnd });
}

function truth(written: Json): boolean | null {
  if (written === null) return false;
  const text = String(written);
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** The `runtimeConfig` of schema 1.2: each plug-in is a step with its name. */
export function readRuntimeConfig(written: Json | undefined): Outcome<Step[]> {
  if (!isObject(written) || Object.keys(written).length === 0)
    return refused('The document needs runtimeConfig: a map of at least one plug-in.');
  const steps: Step[] = [];
  for (const [action, inputs] of Object.entries(written)) {
    if (!ACTION.test(action) || !isObject(inputs))
      return refused(`The plug-in ${JSON.stringify(action.slice(0, 128))} is not valid.`);
    const flow = {
      precondition: null,
      onFailure: null,
      onSuccess: null,
      isFinally: false,
      isEnd: false,
      nextStep: null,
    };
    steps.push({ action, name: action, inputs, timeoutSeconds: pluginTimeout(inputs), ...flow });
  }
  return accepted(steps);
}

/** Properties are one map, or a list of maps that run one after the other with a time-out each: the first stands for all. */
function pluginTimeout({ properties = null, timeoutSeconds = null }: JsonObject): Json {
  const first = Array.isArray(properties) ? (properties[0] ?? null) : properties;
  return (isObject(first) ? first.timeoutSeconds : null) ?? timeoutSeconds;
}
