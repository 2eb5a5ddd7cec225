import type { Json } from '../json.ts';
import { newBudget, PathNotFound, select } from './json-path/evaluate.ts';
import { parsePath } from './json-path/parse.ts';
import { type JsonPath, PathSyntaxError } from './json-path/syntax.ts';
import { done, runtimeFailure, shown } from './outcome.ts';
import type { Evaluated, Scope } from './types.ts';

/** Fields whose paths AWS speaks of as `Invalid path '…' : …`, with the reason in Jayway's words. */
const BARE_FIELDS = new Set(['InputPath', 'OutputPath']);

/**
 * The value of a JSONPath: `$.a[0]`, `$$.Execution.Id`, `$variable.b`. `field` is the field that holds it, as AWS's
 * texts name it: `InputPath`, `CausePath`, `value.$`.
 */
export function evaluatePath(path: string, scope: Scope, field: string): Evaluated {
  const found = findPath(path, scope);
  if (found.ok) return found;
  if (found.document === undefined || BARE_FIELDS.has(field)) {
    return runtimeFailure(`Invalid path '${path}' : ${found.reason}`);
  }
  const input = shown(found.document);
  return runtimeFailure(
    `The JSONPath '${path}' specified for the field '${field}' could not be found in the input '${input}'`,
  );
}

/** A path that gave nothing: `document` is what it was looked for in, undefined where it cannot be read at all. */
interface NotFound {
  readonly ok: false;
  readonly reason: string;
  readonly document?: Json;
}

/** The same, with the reason in Jayway's words instead of AWS's text. */
export function findPath(path: string, scope: Scope): { readonly ok: true; readonly value: Json } | NotFound {
  let document: Json | undefined;
  try {
    const { root, segments } = parsed(path);
    document = root.kind === 'input' ? scope.input : scope.context;
    if (root.kind === 'variable') {
      const value = Object.hasOwn(scope.variables, root.name) ? scope.variables[root.name] : undefined;
      if (value === undefined) return { ok: false, reason: `Variable '$${root.name}' is not defined` };
      document = value;
    }
    return { ok: true, value: select(segments, document, document, newBudget()) };
  } catch (error) {
    if (error instanceof PathNotFound && document !== undefined) return { ok: false, reason: error.message, document };
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** AWS's complaint about a JSONPath, null where there is none. */
export function checkPath(path: string): string | null {
  try {
    parsed(path);
    return null;
  } catch (error) {
    if (error instanceof PathSyntaxError) return `Invalid path '${path}' : ${error.message}`;
    throw error;
  }
}

/** The same for a reference path (ResultPath): only names and indexes. */
export function checkReferencePath(path: string): string | null {
  const steps = referenceSteps(path);
  return steps.ok ? null : steps.cause;
}

/** The names and indexes of a reference path. */
export function referenceSteps(path: string): Evaluated<readonly (string | number)[]> {
  const complaint = checkPath(path);
  if (complaint !== null) return runtimeFailure(complaint);
  const steps: (string | number)[] = [];
  for (const segment of parsed(path).segments) {
    const list = segment.kind === 'names' ? segment.names : segment.kind === 'indexes' ? segment.indexes : [];
    const [step] = list;
    if (segment.deep || list.length !== 1 || step === undefined || (typeof step === 'number' && step < 0)) {
      return runtimeFailure(`Value is not a Reference Path: '${path}'`);
    }
    steps.push(step);
  }
  return done(steps);
}

const MOST_KEPT = 2000;
const kept = new Map<string, JsonPath>();

/** Definitions evaluate the same few paths over and over; the oldest are forgotten. */
function parsed(path: string): JsonPath {
  const known = kept.get(path);
  if (known !== undefined) return known;
  const fresh = parsePath(path);
  const [oldest] = kept.keys();
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(path, fresh);
  return fresh;
}
