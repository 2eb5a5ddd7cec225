import { isObject } from '../definition/parse.ts';
import { evaluateChoice } from '../expressions/choice/evaluate.ts';
import type { Json } from '../json.ts';
import { payload } from './history.ts';
import { effectiveInput, leave, workInput } from './leave.ts';
import { startMap } from './map.ts';
import { startParallel } from './parallel.ts';
import { settleMock } from './settle-mock.ts';
import {
  jsonata,
  queryFailure,
  runtimeFailure,
  type Sight,
  scopeOf,
  settled,
  stateText,
  stringExpression,
} from './sight.ts';
import { StateFailure } from './state-failure.ts';
import { startTask } from './task.ts';
import { type Value, valueOfJson, valueOfText } from './value.ts';
import { waitUntil } from './wait.ts';

/** Tells that the state is entered. */
export function tellEntered({ run, scope, node }: Pick<Sight, 'run' | 'scope' | 'node'>): void {
  const before = scope.previous;
  const details = { name: node.name, ...payload('input', scope.input) };
  const id = run.event(scope, `${node.type}StateEntered`, ['stateEnteredEventDetails', details]);
  scope.entered = { id, before, at: run.around.now.toISOString() };
}

/** Does what the state is for: until its end, or until it waits for a time, a task or its children. */
export async function runState(at: Sight): Promise<void> {
  switch (at.node.type) {
    case 'Pass':
      return leave(at, at.node.fields, await passed(at), nextOf(at));
    case 'Succeed':
      return leave(at, at.node.fields, null, null);
    case 'Choice':
      return choose(at);
    case 'Wait':
      at.scope.phase = 'waiting';
      at.scope.wakeAt = await waitUntil(at);
      return;
    case 'Fail':
      throw await failureOf(at);
    case 'Task':
      return startTask(at);
    case 'Parallel':
      await startParallel(at);
      return tried(at);
    case 'Map':
      await startMap(at);
      return tried(at);
  }
}

async function tried(at: Sight): Promise<void> {
  const { trial } = at.run.around;
  if (trial !== undefined) await settleMock(at, trial, nextOf(at));
}

export function nextOf({ node }: Sight): string | null {
  return typeof node.fields.Next === 'string' ? node.fields.Next : null;
}

async function passed(at: Sight): Promise<Value | null> {
  const { fields, language } = at.node;
  if (language === 'JSONata') return null;
  if (fields.Result !== undefined) return valueOfJson(fields.Result);
  return workInput(at, valueOfText(at.scope.input));
}

async function choose(at: Sight): Promise<void> {
  const { fields, language } = at.node;
  const raw = valueOfText(at.scope.input);
  const input = language === 'JSONata' ? raw : effectiveInput(at, raw);
  for (const rule of fields.Choices as Json[]) {
    if (!isObject(rule)) continue;
    const isIt =
      language === 'JSONata'
        ? await jsonata(at, rule.Condition ?? null, input.json, 'Condition', { expected: 'boolean' })
        : settled(at, evaluateChoice(rule, scopeOf(at, input.json)), 'state');
    if (isIt === true) return leave(at, rule, null, rule.Next as string);
  }
  if (typeof fields.Default === 'string') return leave(at, fields, null, fields.Default);
  const says = 'Failed to transition out of the state. The state does not point to a next state.';
  throw new StateFailure('States.NoChoiceMatched', stateText(at, says));
}

async function failureOf(at: Sight): Promise<StateFailure> {
  const input = valueOfText(at.scope.input);
  return new StateFailure(await failText(at, input, 'Error'), await failText(at, input, 'Cause'));
}

async function failText(at: Sight, input: Value, field: 'Error' | 'Cause'): Promise<string | null> {
  const { fields, language } = at.node;
  const written = fields[field];
  if (language === 'JSONata') {
    if (written === undefined) return null;
    const text = await jsonata(at, written, input.json, field, { expected: 'string' });
    if (typeof text === 'string') return text;
    throw queryFailure(at, `The ${field} field must be a string.`, field);
  }
  const reference = fields[`${field}Path`];
  if (typeof reference !== 'string') return typeof written === 'string' ? written : null;
  const text = stringExpression(at, reference, input.json, `${field}Path`);
  if (typeof text === 'string') return text;
  throw runtimeFailure(at, `The ${field}Path field must refer to a string: ${reference} == ${JSON.stringify(text)}`);
}
