import { isObject } from '../definition/parse.ts';
import { placeAt } from '../expressions/result-path.ts';
import type { Json } from '../json.ts';
import { assignedDetails, payload } from './history.ts';
import { jsonata, path, type Sight, settled, stateText, template } from './sight.ts';
import { StateFailure } from './state-failure.ts';
import { type Value, valueOfJson, valueOfText } from './value.ts';

/** Where a state's way out is written: the state itself, a choice rule, a catcher. */
type Way = { readonly [key: string]: Json };
type Assigned = Readonly<Record<string, Json>> | null;

/**
 * Ends a state well: output and variables by `way`, the Exited event, and on to `next` or the end of the scope.
 * Expressions all see the variables from before.
 */
export async function leave(at: Sight, way: Way, result: Value | null, next: string | null): Promise<void> {
  const input = valueOfText(at.scope.input);
  const isJsonata = at.node.language === 'JSONata';
  const made = isJsonata ? await byJsonata(at, way, input, result) : byJsonPath(at, way, input, result);
  exit(at, made.output, made.assigned, next);
}

interface Made {
  readonly output: Value;
  readonly assigned: Assigned;
}

async function byJsonata(at: Sight, way: Way, input: Value, result: Value | null): Promise<Made> {
  const extras = result === null ? {} : { result: result.json };
  const assigned = isObject(way.Assign) ? ((await jsonata(at, way.Assign, input.json, 'Assign', extras)) as Way) : null;
  if (way.Output === undefined) return { output: result ?? input, assigned };
  return { output: valueOfJson(await jsonata(at, way.Output, input.json, 'Output', extras)), assigned };
}

function byJsonPath(at: Sight, way: Way, input: Value, result: Value | null): Made {
  const seen = selected(at, result ?? effectiveInput(at, input));
  const { trial } = at.run.around;
  if (result !== null) trial?.value('afterResultSelector', seen.text);
  const assigned = isObject(way.Assign) ? (template(at, way.Assign, seen.json) as Way) : null;
  // Only states that have a result place it somewhere.
  const output = result === null ? seen : placed(at, at.node.fields.ResultPath, input, seen);
  if (result !== null) trial?.value('afterResultPath', output.text);
  return { output: outputPath(at, output), assigned };
}

function selected(at: Sight, result: Value): Value {
  const { ResultSelector } = at.node.fields;
  return ResultSelector === undefined ? result : valueOfJson(template(at, ResultSelector, result.json));
}

function placed(at: Sight, to: Json | undefined, input: Value, result: Value): Value {
  if (to === undefined || to === '$') return result;
  if (to === null) return input;
  return valueOfJson(settled(at, placeAt(to as string, input.json, result.json), 'state'));
}

/** The state's input through InputPath; Parameters come after it. */
export function effectiveInput(at: Sight, input: Value): Value {
  const seen = throughInputPath(at, input);
  at.run.around.trial?.value('afterInputPath', seen.text);
  return seen;
}

function throughInputPath(at: Sight, input: Value): Value {
  const { InputPath } = at.node.fields;
  if (InputPath === undefined || InputPath === '$') return input;
  return InputPath === null ? valueOfJson({}) : valueOfJson(path(at, InputPath as string, input.json, 'InputPath'));
}

/** What a Pass, Task or Parallel works with: its input through InputPath and Parameters, or its Arguments. */
export async function workInput(at: Sight, raw: Value): Promise<Value> {
  const { fields, language, type } = at.node;
  const { trial } = at.run.around;
  if (language === 'JSONata') {
    const { Arguments } = fields;
    const made = Arguments === undefined ? raw : valueOfJson(await jsonata(at, Arguments, raw.json, 'Arguments'));
    if (type !== 'Pass') trial?.value('afterArguments', made.text);
    return made;
  }
  const input = effectiveInput(at, raw);
  const made = fields.Parameters === undefined ? input : valueOfJson(template(at, fields.Parameters, input.json));
  trial?.value('afterParameters', made.text);
  return made;
}

function outputPath(at: Sight, output: Value): Value {
  const { OutputPath } = at.node.fields;
  if (OutputPath === undefined || OutputPath === '$') return output;
  return OutputPath === null ? valueOfJson({}) : valueOfJson(path(at, OutputPath as string, output.json, 'OutputPath'));
}

/** The way out of a state by one of its catchers. */
export async function leaveCaught(at: Sight, catcher: Way, errorOutput: Json): Promise<void> {
  const input = valueOfText(at.scope.input);
  const error = valueOfJson(errorOutput);
  const next = catcher.Next as string;
  if (at.node.language === 'JSONata') {
    const extras = { errorOutput };
    const assigned = isObject(catcher.Assign)
      ? ((await jsonata(at, catcher.Assign, input.json, 'Assign', extras)) as Way)
      : null;
    const output =
      catcher.Output === undefined
        ? error
        : valueOfJson(await jsonata(at, catcher.Output, input.json, 'Output', extras));
    return exit(at, output, assigned, next);
  }
  const assigned = isObject(catcher.Assign) ? (template(at, catcher.Assign, errorOutput) as Way) : null;
  return exit(at, placed(at, catcher.ResultPath, input, error), assigned, next);
}

function exit(at: Sight, output: Value, assigned: Assigned, next: string | null): void {
  const { run, scope, node } = at;
  const { text } = output;
  checkSize(at, text);
  if (assigned !== null) checkVariables(at, assigned);
  run.event(scope, `${node.type}StateExited`, [
    'stateExitedEventDetails',
    { name: node.name, ...payload('output', text), ...assignedDetails(assigned) },
  ]);
  if (assigned !== null) scope.variables = { ...scope.variables, ...assigned };
  scope.entered = null;
  scope.retries = [];
  scope.retryCount = 0;
  scope.task = null;
  scope.wakeAt = null;
  if (next === null) {
    scope.phase = 'succeeded';
    scope.output = text;
    return;
  }
  scope.state = next;
  scope.input = text;
  run.ready(scope);
}

const MOST_VARIABLES = 10 * 1024 * 1024;

function checkVariables(at: Sight, assigned: Readonly<Record<string, Json>>): void {
  checkSize(at, JSON.stringify(assigned));
  const { variables: most = MOST_VARIABLES } = at.run.around.limits;
  if (bytesOf(JSON.stringify({ ...at.variables, ...assigned }), most) <= most) return;
  const says = `The variables of the execution have more than ${most} bytes together.`;
  throw new StateFailure('States.DataLimitExceeded', stateText(at, says));
}

export function checkSize({ node, run }: Pick<Sight, 'node' | 'run'>, text: string): void {
  const { payload: most } = run.around.limits;
  // A character is three bytes at the most, and one at least.
  if (text.length * 3 > most && bytesOf(text, most) > most) throw tooLarge({ node });
}

export function tooLarge({ node }: Pick<Sight, 'node'>): StateFailure {
  return new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${node.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

/** Of UTF-8; the number of characters where that is beyond `most` already. */
export function bytesOf(text: string, most = Number.POSITIVE_INFINITY): number {
  if (text.length > most || /^[\x00-\x7f]*$/.test(text)) return text.length;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
