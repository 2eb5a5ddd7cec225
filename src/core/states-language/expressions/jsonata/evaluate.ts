import type { Json } from '../../json.ts';
import { done, isArray, isObject, MOST_LEVELS, shown } from '../outcome.ts';
import type { Evaluated, Failure, JsonataOptions, JsonataType, Scope } from '../types.ts';
import { compile, FORBIDDEN, messageOf } from './compile.ts';
import { functionsFor } from './functions.ts';
import { plain } from './plain.ts';

/**
 * Any JSON with `{% … %}` strings in it; other strings stay as they are. Errors are States.QueryEvaluationError, with the
 * field below `options.field` as location. Bounded in time (2 s), depth, length of sequences and size of the result.
 */
export async function evaluateJsonata(value: Json, scope: Scope, options: JsonataOptions): Promise<Evaluated> {
  let bindings: Promise<Record<string, unknown>> | undefined;
  const around: Around = {
    bindings: () => {
      bindings ??= bindingsFor(scope, options);
      return bindings;
    },
  };
  const made = await fill(value, options.field, around, 0);
  if (!made.ok || options.expected === undefined || isOfType(made.value, options.expected)) return made;
  const source = expressionIn(value) ?? shown(value);
  const was = typeName(made.value);
  return fault(
    source,
    options.field,
    `returned an unexpected result type. Expected '${options.expected}', but was '${was}' for value: ${shown(made.value)}`,
  );
}

/** AWS's complaint about a `{% … %}` string, null where there is none, or where it is no expression. */
export function checkJsonata(text: string): string | null {
  const source = expressionIn(text);
  if (source === null) return null;
  const compiled = compile(source);
  return compiled.ok ? null : compiled.message;
}

interface Around {
  readonly bindings: () => Promise<Record<string, unknown>>;
}

/** The expression in a `{% … %}` string, null for anything else. */
export function expressionIn(value: Json): string | null {
  if (typeof value !== 'string' || !value.startsWith('{%') || !value.endsWith('%}') || value.length < 4) return null;
  return value.slice(2, -2).trim();
}

async function fill(value: Json, field: string, around: Around, level: number): Promise<Evaluated> {
  if (level > MOST_LEVELS) return fault('', field, `is nested deeper than ${MOST_LEVELS} levels.`);
  const source = expressionIn(value);
  if (source !== null) return evaluateOne(source, field, await around.bindings());
  if (isArray(value)) {
    const list: Json[] = [];
    for (const [at, one] of value.entries()) {
      const made = await fill(one, `${field}[${at}]`, around, level + 1);
      if (!made.ok) return made;
      list.push(made.value);
    }
    return done(list);
  }
  if (!isObject(value)) return done(value);
  const fields: [string, Json][] = [];
  for (const [key, one] of Object.entries(value)) {
    const made = await fill(one, `${field}/${key}`, around, level + 1);
    if (!made.ok) return made;
    fields.push([key, made.value]);
  }
  return done(Object.fromEntries(fields));
}

async function evaluateOne(source: string, field: string, bindings: Record<string, unknown>): Promise<Evaluated> {
  const compiled = compile(source);
  if (!compiled.ok) return fault(source, field, `threw an error during evaluation. ${compiled.message}`);
  try {
    const made: unknown = await compiled.expression.evaluate(undefined, bindings);
    if (made === undefined) return fault(source, field, 'returned nothing (undefined).');
    const result = plain(made);
    return result.ok ? done(result.value) : fault(source, field, result.why);
  } catch (error) {
    return fault(source, field, `threw an error during evaluation. ${messageOf(error)}`);
  }
}

async function bindingsFor(scope: Scope, options: JsonataOptions): Promise<Record<string, unknown>> {
  const { input, context, result, errorOutput } = scope;
  const states = {
    input,
    context,
    ...(result === undefined ? {} : { result }),
    ...(errorOutput === undefined ? {} : { errorOutput }),
  };
  const named = Object.entries(scope.variables).filter(([name]) => !FORBIDDEN.has(name));
  return { ...Object.fromEntries(named), ...(await functionsFor(options)), states };
}

function fault(source: string, field: string, what: string): Failure {
  const cause = `The JSONata expression '${source}' specified for the field '${field}' ${what}`;
  return { ok: false, error: 'States.QueryEvaluationError', cause, location: field };
}

function isOfType(value: Json, expected: JsonataType): boolean {
  return expected === 'integer' ? Number.isInteger(value) : typeName(value) === expected;
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  return isArray(value) ? 'array' : typeof value;
}
