import type { Json } from '../json.ts';
import { checkState } from './check-state.ts';
import { checkValue, type Tell } from './check-value.ts';
import { type Fields, INNER_FIELDS, MACHINE_FIELDS } from './fields.ts';
import { isObject } from './parse.ts';
import type { JsonObject, QueryLanguage } from './types.ts';

const MOST_NAME = 80;

interface Teller {
  readonly add: (code: string, message: string, location: string) => void;
  readonly warn: (code: string, message: string, location: string) => void;
}

/** The state machine and all machines inside of it. */
export function checkMachine(root: JsonObject, teller: Teller): void {
  const tell = tellOf(teller);
  if (typeof root.Version === 'string' && root.Version !== '1.0') tell.schema('/Version', 'Value must be one of: 1.0');
  checkStates(root, '', MACHINE_FIELDS, languageOf(root), new Set(), tell);
}

/** A state alone: where it leads to is not looked at, but within the machines inside of it. */
export function checkLoneState(state: JsonObject, teller: Teller): void {
  const names = new Set<string>();
  const tell = tellOf(teller);
  const language = languageOf(state);
  checkState(state, '', language, tell, (inner, where) =>
    checkStates(inner, where, INNER_FIELDS, language, names, tell),
  );
}

function tellOf({ add, warn }: Teller): Tell {
  return {
    schema: (location, message) => add('SCHEMA_VALIDATION_FAILED', message, location),
    target: (location, message) => add('MISSING_TRANSITION_TARGET', message, location),
    warn: (location, code, message) => warn(code, message, location),
  };
}

function languageOf({ QueryLanguage: named }: JsonObject): QueryLanguage {
  return named === 'JSONata' ? 'JSONata' : 'JSONPath';
}

function checkStates(
  machine: JsonObject,
  at: string,
  allowed: Fields,
  language: QueryLanguage,
  names: Set<string>,
  tell: Tell,
): void {
  checkFields(machine, allowed, at, tell);
  const missing = ['States', 'StartAt'].filter((field) => machine[field] === undefined);
  if (missing.length > 0) tell.schema(at === '' ? '/' : at, `These fields are required: [${missing.join(', ')}]`);
  if (!isObject(machine.States)) return;
  const { States: states, StartAt: start } = machine;
  if (Object.keys(states).length === 0) tell.schema(`${at}/States`, 'There must be at least one state');
  if (typeof start === 'string' && !Object.hasOwn(states, start)) {
    tell.target(`${at}/StartAt`, `Missing 'StartAt' target: ${start}`);
  }
  for (const [name, state] of Object.entries(states)) {
    const place = `${at}/States/${name}`;
    if (name.length > MOST_NAME) tell.schema(place, `State names may have ${MOST_NAME} characters`);
    if (names.has(name)) tell.schema(place, `Duplicate state name: ${name}`);
    names.add(name);
    if (!isObject(state)) tell.schema(place, 'Expected value of type OBJECT');
    else
      checkState(state, place, language, tell, (inner, where) =>
        checkStates(inner, where, INNER_FIELDS, language, names, tell),
      );
  }
  checkTransitions(states, typeof start === 'string' ? start : '', at, tell);
}

function checkFields(object: JsonObject, allowed: Fields, at: string, tell: Tell): void {
  for (const [field, value] of Object.entries(object)) {
    const kind = Object.hasOwn(allowed, field) ? allowed[field] : undefined;
    if (kind === undefined) tell.schema(`${at}/${field}`, `The field '${field}' is not supported by Step Functions`);
    else checkValue(kind, value, `${at}/${field}`, tell.schema);
  }
  const { QueryLanguage: language } = object;
  if (typeof language === 'string' && language !== 'JSONata' && language !== 'JSONPath') {
    tell.schema(`${at}/QueryLanguage`, 'Value must be one of: JSONPath, JSONata');
  }
}

/** Every target is a state of the same list, and every state can be come to. */
function checkTransitions(states: JsonObject, start: string, at: string, tell: Tell): void {
  const reached = new Set<string>();
  const open = Object.hasOwn(states, start) ? [start] : [];
  for (const [name, state] of Object.entries(states)) {
    if (!isObject(state)) continue;
    for (const { target, field } of targetsOf(state)) {
      if (!Object.hasOwn(states, target)) {
        tell.target(`${at}/States/${name}/${field}`, `Missing '${field.replace(/.*\//, '')}' target: ${target}`);
      }
    }
  }
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const state = states[name];
    if (!isObject(state)) continue;
    for (const { target } of targetsOf(state)) if (Object.hasOwn(states, target)) open.push(target);
  }
  if (!Object.hasOwn(states, start)) return;
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) tell.target(`${at}/States/${name}`, `State "${name}" is not reachable.`);
  }
}

function targetsOf(state: JsonObject): { target: string; field: string }[] {
  const found: { target: string; field: string }[] = [];
  const add = (target: Json | undefined, field: string): void => {
    if (typeof target === 'string') found.push({ target, field });
  };
  add(state.Next, 'Next');
  add(state.Default, 'Default');
  for (const list of ['Choices', 'Catch']) {
    const rules = state[list];
    if (!Array.isArray(rules)) continue;
    for (const [index, rule] of rules.entries()) if (isObject(rule)) add(rule.Next, `${list}[${index}]/Next`);
  }
  return found;
}
