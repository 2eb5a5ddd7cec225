import type { Json } from '../json.ts';
import { checkAssigned } from './check-assign.ts';
import { checkChoiceRule } from './check-choice.ts';
import { checkHttpTask } from './check-http-task.ts';
import { checkDistribution } from './check-map.ts';
import { checkTask } from './check-task.ts';
import { checkValue, type Tell } from './check-value.ts';
import { CATCHER, type Fields, fieldsOf, RETRIER } from './fields.ts';
import { isObject } from './parse.ts';
import { type JsonObject, type QueryLanguage, STATE_TYPES, type StateType } from './types.ts';

type Inside = (machine: JsonObject, at: string) => void;

/** One state by its type and language; `inside` checks the machines in it. */
export function checkState(state: JsonObject, at: string, outer: QueryLanguage, tell: Tell, inside: Inside): void {
  const type = STATE_TYPES.find((one) => one === state.Type);
  if (type === undefined) {
    tell.schema(`${at}/Type`, `Value must be one of: ${STATE_TYPES.join(', ')}`);
    return;
  }
  const { QueryLanguage: named } = state;
  if (named === 'JSONPath' && outer === 'JSONata') {
    tell.schema(`${at}/QueryLanguage`, "QueryLanguage 'JSONPath' is not allowed when the state machine's is 'JSONata'");
  } else if (named !== undefined && named !== 'JSONPath' && named !== 'JSONata') {
    tell.schema(`${at}/QueryLanguage`, 'Value must be one of: JSONPath, JSONata');
  }
  const language = named === 'JSONata' || named === 'JSONPath' ? named : outer;
  checkObject(state, fieldsOf(type, language), at, tell);
  checkOnward(state, type, at, tell);
  checkHandlers(state, language, at, tell);
  checkAssigned(state, language, at, tell);
  checkShape(state, type, language, at, tell, inside);
}

function checkObject(object: JsonObject, allowed: Fields, at: string, tell: Tell): void {
  for (const [field, value] of Object.entries(object)) {
    const kind = Object.hasOwn(allowed, field) ? allowed[field] : undefined;
    if (kind === undefined) tell.schema(`${at}/${field}`, `The field '${field}' is not supported by Step Functions`);
    else checkValue(kind, value, `${at}/${field}`, tell.schema);
  }
}

function checkOnward(state: JsonObject, type: StateType, at: string, tell: Tell): void {
  if (type === 'Choice' || type === 'Succeed' || type === 'Fail') return;
  const hasNext = state.Next !== undefined;
  const ends = state.End === true;
  if (hasNext && ends) tell.schema(at, 'Only one of these fields is allowed: [Next, End]');
  if (!hasNext && !ends) tell.schema(at, 'These fields are required: [Next] or [End]');
}

function checkHandlers(state: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  for (const [list, fields] of [
    ['Retry', RETRIER],
    ['Catch', CATCHER[language]],
  ] as const) {
    const handlers = state[list];
    if (!Array.isArray(handlers)) continue;
    for (const [index, handler] of handlers.entries()) {
      const place = `${at}/${list}[${index}]`;
      if (!isObject(handler)) {
        tell.schema(place, 'Expected value of type OBJECT');
        continue;
      }
      checkObject(handler, fields, place, tell);
      if (list === 'Catch' && handler.Next === undefined) tell.schema(place, 'These fields are required: [Next]');
      checkErrorNames(handler.ErrorEquals, index === handlers.length - 1, place, tell);
      checkRetrier(handler, place, tell);
    }
  }
}

function checkRetrier(retrier: JsonObject, at: string, tell: Tell): void {
  const { BackoffRate: rate, JitterStrategy: jitter, MaxDelaySeconds: most, IntervalSeconds: first = 1 } = retrier;
  if (typeof most === 'number' && typeof first === 'number' && most <= first) {
    tell.schema(`${at}/MaxDelaySeconds`, 'MaxDelaySeconds must be greater than IntervalSeconds');
  }
  if (typeof rate === 'number' && rate < 1) tell.schema(`${at}/BackoffRate`, 'BackoffRate must be at least 1.0');
  if (jitter !== undefined && jitter !== 'FULL' && jitter !== 'NONE') {
    tell.schema(`${at}/JitterStrategy`, 'Value must be one of: FULL, NONE');
  }
}

function checkErrorNames(names: Json | undefined, isLast: boolean, at: string, tell: Tell): void {
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string')) {
    tell.schema(`${at}/ErrorEquals`, 'ErrorEquals must be an ARRAY of error names that is not empty');
    return;
  }
  if (!names.includes('States.ALL')) return;
  if (names.length > 1) tell.schema(`${at}/ErrorEquals`, 'States.ALL must appear alone');
  if (!isLast) tell.schema(`${at}/ErrorEquals`, 'States.ALL must be in the last one of the list');
}

function checkShape(
  state: JsonObject,
  type: StateType,
  language: QueryLanguage,
  at: string,
  tell: Tell,
  inside: Inside,
): void {
  const need = (field: string): void => {
    if (state[field] === undefined) tell.schema(at, `These fields are required: [${field}]`);
  };
  const exclude = (...fields: string[]): void => {
    if (fields.filter((field) => state[field] !== undefined).length > 1) {
      tell.schema(at, `Only one of these fields is allowed: [${fields.join(', ')}]`);
    }
  };
  if (type === 'Task') {
    need('Resource');
    checkTask(state, language, at, tell);
    exclude('TimeoutSeconds', 'TimeoutSecondsPath');
    exclude('HeartbeatSeconds', 'HeartbeatSecondsPath');
    checkHttpTask(state, language, at, tell);
    if (state.Credentials !== undefined)
      tell.schema(`${at}/Credentials`, 'Tasks with Credentials are not supported here');
  } else if (type === 'Wait') {
    const ways = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'];
    if (ways.filter((field) => state[field] !== undefined).length !== 1) {
      tell.schema(at, `Exactly one of these fields is required: [${ways.join(', ')}]`);
    }
  } else if (type === 'Fail') {
    exclude('Error', 'ErrorPath');
    exclude('Cause', 'CausePath');
  } else if (type === 'Choice') {
    need('Choices');
    checkRules(state, language, at, tell);
  } else if (type === 'Parallel') {
    need('Branches');
    checkBranches(state, at, tell, inside);
  } else if (type === 'Map') checkMap(state, language, at, tell, inside, exclude);
}

function checkRules({ Choices: rules }: JsonObject, language: QueryLanguage, at: string, tell: Tell): void {
  if (!Array.isArray(rules)) return;
  if (rules.length === 0) tell.schema(`${at}/Choices`, 'Choices must not be empty');
  for (const [index, rule] of rules.entries()) checkChoiceRule(rule, language, `${at}/Choices[${index}]`, tell, true);
}

function checkBranches({ Branches: branches }: JsonObject, at: string, tell: Tell, inside: Inside): void {
  if (!Array.isArray(branches)) return;
  if (branches.length === 0) tell.schema(`${at}/Branches`, 'Branches must not be empty');
  for (const [index, branch] of branches.entries()) {
    if (isObject(branch)) inside(branch, `${at}/Branches[${index}]`);
    else tell.schema(`${at}/Branches[${index}]`, 'Expected value of type OBJECT');
  }
}

function checkMap(
  state: JsonObject,
  language: QueryLanguage,
  at: string,
  tell: Tell,
  inside: Inside,
  exclude: (...fields: string[]) => void,
): void {
  exclude('ItemProcessor', 'Iterator');
  exclude('ItemSelector', 'Parameters');
  for (const field of ['MaxConcurrency', 'ToleratedFailureCount', 'ToleratedFailurePercentage'])
    exclude(field, `${field}Path`);
  const field = state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor';
  const processor = state[field];
  if (processor === undefined) {
    tell.schema(at, 'These fields are required: [ItemProcessor]');
    return;
  }
  if (!isObject(processor)) return;
  const config = isObject(processor.ProcessorConfig) ? processor.ProcessorConfig : {};
  const mode = config.Mode ?? 'INLINE';
  if (mode !== 'INLINE' && mode !== 'DISTRIBUTED') {
    tell.schema(`${at}/${field}/ProcessorConfig/Mode`, 'Value must be one of: INLINE, DISTRIBUTED');
  }
  const { ExecutionType: executionType } = config;
  if (executionType !== undefined && executionType !== 'STANDARD' && executionType !== 'EXPRESS') {
    tell.schema(`${at}/${field}/ProcessorConfig/ExecutionType`, 'Value must be one of: STANDARD, EXPRESS');
  }
  checkDistribution(state, mode === 'DISTRIBUTED', language, at, tell);
  const { ToleratedFailurePercentage: share } = state;
  if (typeof share === 'number' && share > 100) {
    tell.schema(`${at}/ToleratedFailurePercentage`, 'ToleratedFailurePercentage must be between 0 and 100');
  }
  inside(processor, `${at}/${field}`);
}
