import type { TestStateInput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../../core/aws-error.ts';
import { isObject, parseDefinition } from '../../../core/states-language/definition/parse.ts';
import type { JsonObject, Program, StateNode } from '../../../core/states-language/definition/types.ts';
import {
  invalidDefinition,
  validateDefinition,
  validateState,
} from '../../../core/states-language/definition/validate.ts';
import type { Json } from '../../../core/states-language/json.ts';
import { AWS_LIMITS } from '../../../core/states-language/machine/types.ts';
import { checkRoleArn } from '../../state-machines/role.ts';
import { checkRules, invalid } from './check-rules.ts';

/** What a mock says instead of a task, or of the branches and iterations of a Parallel or Map. */
export type Mock = { readonly result: string } | { readonly error: string; readonly cause: string | null };

/** A test that is ready to run: the state within its program, and everything that it sees. */
export interface Plan {
  readonly program: Program;
  readonly machine: number;
  readonly node: StateNode;
  /** It is one of the states that a Map repeats. */
  readonly isRepeated: boolean;
  readonly roleArn: string;
  /** JSON text, as it was given. */
  readonly input: string;
  readonly variables: JsonObject;
  readonly context: JsonObject | null;
  readonly mock: Mock | null;
  readonly retries: number;
  readonly failures: number;
  readonly level: 'INFO' | 'DEBUG' | 'TRACE';
  readonly revealSecrets: boolean;
}

/** The name of a state that was given alone; AWS does not tell what its own is. */
const LONE = 'TestState';
const NO_ROLE = 'arn:aws:iam::000000000000:role/none';

/**
 * Reads a request of TestState. Throws InvalidDefinition, InvalidExecutionInput, InvalidArn, and ValidationException for
 * what cannot be tested so. https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
 */
export function readPlan(input: TestStateInput): Plan {
  const {
    roleArn,
    mock: given,
    stateConfiguration = {},
    inspectionLevel: level = 'INFO',
    revealSecrets = false,
  } = input;
  const found = stateOf(input);
  const text = inputOf(input.input ?? '{}');
  const mock = mockOf(given);
  checkRules(found.node, input);
  return {
    ...found,
    roleArn: roleArn === undefined ? NO_ROLE : checkRoleArn(roleArn),
    input: text,
    variables: input.variables === undefined ? {} : objectOf(input.variables, 'variables'),
    context: input.context === undefined ? null : objectOf(input.context, 'context'),
    mock,
    retries: stateConfiguration.retrierRetryCount ?? 0,
    failures: stateConfiguration.mapIterationFailureCount ?? 0,
    level,
    revealSecrets,
  };
}

function stateOf({
  definition = '',
  stateName,
}: TestStateInput): Pick<Plan, 'program' | 'machine' | 'node' | 'isRepeated'> {
  const fault = invalidDefinition(stateName === undefined ? validateState(definition) : validateDefinition(definition));
  if (fault !== null) throw new AwsError('InvalidDefinition', fault);
  const name = stateName ?? LONE;
  const program = parseDefinition(stateName === undefined ? aroundLone(definition) : definition);
  const machine = program.machines.findIndex(({ states }) => states.has(name));
  const node = program.machines[machine]?.states.get(name);
  if (node === undefined) throw invalid(`The state machine definition has no state '${name}'`);
  return { program, machine, node, isRepeated: isRepeated(program, machine) };
}

/** Its own QueryLanguage is the only one that there is. */
function aroundLone(definition: string): string {
  return `{"StartAt":${JSON.stringify(LONE)},"States":{${JSON.stringify(LONE)}:${definition}}}`;
}

function isRepeated({ machines }: Program, machine: number): boolean {
  for (const [outer, { states }] of machines.entries()) {
    for (const { type, inner } of states.values()) {
      if (inner.includes(machine)) return type === 'Map' || isRepeated({ machines, timeoutSeconds: null }, outer);
    }
  }
  return false;
}

function inputOf(text: string): string {
  const wellFormed = text.toWellFormed();
  if (Buffer.byteLength(wellFormed) > AWS_LIMITS.payload)
    throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: it is too large');
  try {
    JSON.parse(wellFormed);
  } catch (error) {
    const why = (error as Error).message.slice(0, 200);
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${why}'`);
  }
  return wellFormed;
}

function mockOf(given: TestStateInput['mock']): Mock | null {
  if (given === undefined) return null;
  const { result, errorOutput } = given;
  if ((result === undefined) === (errorOutput === undefined))
    throw invalid('A mock must have exactly one of result and errorOutput');
  if (result !== undefined) {
    jsonOf(result, 'mock.result');
    return { result: result.toWellFormed() };
  }
  const { error, cause } = errorOutput ?? {};
  if (error === undefined) throw invalid('mock.errorOutput must have an error');
  return { error, cause: cause ?? null };
}

function objectOf(text: string, member: string): JsonObject {
  const value = jsonOf(text, member);
  if (!isObject(value)) throw invalid(`'${member}' must be a JSON object`);
  return value;
}

function jsonOf(text: string, member: string): Json {
  try {
    return JSON.parse(text.toWellFormed()) as Json;
  } catch (error) {
    throw invalid(`'${member}' must be JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}
