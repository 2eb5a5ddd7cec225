import type { Json } from '../../json.ts';
import { PathSyntaxError } from '../json-path/syntax.ts';
import { done, runtimeFailure, shown } from '../outcome.ts';
import { findPath } from '../path.ts';
import type { Evaluated, Random, Scope } from '../types.ts';
import { FUNCTIONS } from './functions.ts';
import { type Argument, type Call, parseCall } from './parse.ts';
import { format } from './texts.ts';

/** The value of an intrinsic function. Errors are States.Runtime, as AWS's, for all of them. */
export function evaluateIntrinsic(text: string, scope: Scope, random: Random): Evaluated {
  try {
    return run(parseCall(text), { text, scope, random });
  } catch (error) {
    if (error instanceof PathSyntaxError)
      return runtimeFailure(`Invalid intrinsic function '${text}' : ${error.message}`);
    throw error;
  }
}

/** AWS's complaint about an intrinsic function, null where there is none. */
export function complaintAbout(text: string): string | null {
  try {
    parseCall(text);
    return null;
  } catch (error) {
    if (error instanceof PathSyntaxError) return error.message;
    throw error;
  }
}

interface Around {
  /** The whole expression, which the texts name. */
  readonly text: string;
  readonly scope: Scope;
  readonly random: Random;
}

function run(call: Call, around: Around): Evaluated {
  const values: Json[] = [];
  for (const argument of call.args) {
    const value = argumentValue(argument, around);
    if (!value.ok) return value;
    values.push(value.value);
  }
  const [first] = call.args;
  const template = first?.kind === 'value' && typeof first.value === 'string' ? first.raw : values[0];
  const entry = FUNCTIONS[call.name];
  const formatted = typeof template === 'string' ? format(template, values.slice(1)) : undefined;
  const value = entry?.run ? entry.run(values, around.random) : formatted;
  return value === undefined ? runtimeFailure(`Invalid arguments in ${call.name}`) : done(value);
}

function argumentValue(argument: Argument, around: Around): Evaluated {
  if (argument.kind === 'value') return done(argument.value);
  if (argument.kind === 'call') return run(argument.call, around);
  const found = findPath(argument.path, around.scope);
  if (found.ok) return found;
  const reason =
    found.document === undefined
      ? `Invalid path '${argument.path}' : ${found.reason}`
      : `The JsonPath argument for the field '${argument.path}' could not be found in the input '${shown(found.document)}'`;
  return runtimeFailure(`The function '${around.text}' had the following error: ${reason}`);
}
