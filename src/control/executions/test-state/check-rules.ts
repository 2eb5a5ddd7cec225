import type { TestStateInput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../../core/aws-error.ts';
import { processorOf } from '../../../core/states-language/definition/parse.ts';
import type { JsonObject, StateNode } from '../../../core/states-language/definition/types.ts';
import { resourceName } from '../../../core/states-language/machine/task.ts';

const HTTP = /^arn:aws[a-z-]*:states:::http:invoke$/;
const BAKE = /^arn:aws[a-z-]*:states:::kintsugi:bake\./;

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** What goes together in a request of TestState, and with which state. Throws ValidationException. */
export function checkRules(node: StateNode, input: TestStateInput): void {
  const { mock, roleArn, context, inspectionLevel, revealSecrets, stateConfiguration } = input;
  const resource = node.type === 'Task' ? String(node.fields.Resource) : null;
  const isGroup = node.type === 'Map' || node.type === 'Parallel';
  if (mock === undefined) {
    const what = isGroup ? `${node.type} states` : resource === null ? null : unmockable(resource);
    if (what !== null) throw invalid(`TestState supports ${what} only when a mock is specified`);
    if (roleArn === undefined) throw invalid('roleArn must be specified unless a mock is');
    if (context !== undefined) throw invalid('context can only be specified with a mock');
    if (stateConfiguration !== undefined) throw invalid('stateConfiguration can only be specified with a mock');
  } else {
    if (resource === null && !isGroup) throw invalid(`A mock cannot be specified for a ${node.type} state`);
    if (revealSecrets === true) throw invalid('revealSecrets cannot be used with a mock');
  }
  if (inspectionLevel === 'TRACE' && (resource === null || !HTTP.test(resource)))
    throw invalid('The inspection level TRACE is for HTTP tasks only');
  if (stateConfiguration !== undefined) checkConfiguration(node, stateConfiguration);
}

function unmockable(resource: string): string | null {
  const { kind } = resourceName(resource);
  if (kind === 'activity') return 'activities';
  if (kind === 'sync') return 'the integration pattern .sync';
  if (kind === 'token') return 'the integration pattern .waitForTaskToken';
  // A step holds the image's family for its execution, and there is none.
  return BAKE.test(resource) ? 'the steps of a bake' : null;
}

function checkConfiguration(node: StateNode, given: NonNullable<TestStateInput['stateConfiguration']>): void {
  const { errorCausedByState, mapIterationFailureCount, mapItemReaderData } = given;
  if (mapIterationFailureCount !== undefined && node.type !== 'Map')
    throw invalid('mapIterationFailureCount can only be specified for a Map state');
  if (mapItemReaderData !== undefined)
    throw invalid('mapItemReaderData is not supported here: give the items in the input');
  if (errorCausedByState === undefined) return;
  if (node.type !== 'Map' && node.type !== 'Parallel')
    throw invalid('errorCausedByState can only be specified for a Map or Parallel state');
  const inside = node.type === 'Map' ? [processorOf(node.fields)] : (node.fields.Branches as unknown as JsonObject[]);
  if (!inside.some((machine) => hasState(machine, errorCausedByState)))
    throw invalid(`errorCausedByState names '${errorCausedByState}', and the state has none of that name inside`);
}

function hasState({ States: states }: JsonObject, name: string): boolean {
  return Object.entries(states as { readonly [name: string]: JsonObject }).some(([key, state]) => {
    if (key === name) return true;
    if (state.Type === 'Map') return hasState(processorOf(state), name);
    return state.Type === 'Parallel' && (state.Branches as unknown as JsonObject[]).some((one) => hasState(one, name));
  });
}
