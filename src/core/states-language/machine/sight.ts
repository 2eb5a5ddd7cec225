import type { StateNode } from '../definition/types.ts';
import { evaluateJsonata } from '../expressions/jsonata/evaluate.ts';
import { evaluatePath } from '../expressions/path.ts';
import { evaluateStringExpression } from '../expressions/string-expression.ts';
import { evaluateTemplate } from '../expressions/template.ts';
import type { Evaluated, JsonataType, Scope } from '../expressions/types.ts';
import type { Json } from '../json.ts';
import type { Run } from './run.ts';
import { StateFailure } from './state-failure.ts';
import type { ExecutionFacts, ScopeState } from './types.ts';

type Extras = Pick<Scope, 'result' | 'errorOutput'>;

/** One state of one scope, and what its expressions can see. */
export interface Sight {
  readonly run: Run;
  readonly scope: ScopeState;
  readonly node: StateNode;
  readonly context: { readonly [key: string]: Json };
  readonly variables: Readonly<Record<string, Json>>;
}

export async function sightOf(run: Run, scope: ScopeState): Promise<Sight> {
  const node = run.node(scope);
  const layers: Readonly<Record<string, Json>>[] = [scope.variables];
  let item = scope.item;
  for (let id = scope.parent; id !== null; ) {
    const outer = await run.scope(id);
    layers.unshift(outer.variables);
    item ??= outer.item;
    id = outer.parent;
  }
  const { execution } = run.around;
  const isRetriable = node.type === 'Task' || node.type === 'Map' || node.type === 'Parallel';
  const state = { Name: node.name, EnteredTime: scope.entered?.at ?? run.around.now.toISOString() };
  const context = {
    Execution: {
      Id: execution.arn,
      Input: inputOf(execution),
      StartTime: execution.startTime,
      Name: execution.name,
      RoleArn: execution.roleArn,
      ...(execution.isExpress === true ? {} : { RedriveCount: run.head.redrives }),
    },
    StateMachine: { Id: execution.stateMachineArn, Name: execution.stateMachineName },
    State: isRetriable ? { ...state, RetryCount: scope.retryCount } : state,
    ...(item === null ? {} : { Map: { Item: { Index: item.index, Value: JSON.parse(item.value) as Json } } }),
  };
  return { run, scope, node, context: run.around.trial?.context ?? context, variables: layered(layers) };
}

const inputs = new WeakMap<ExecutionFacts, Json>();

/** Parsed once for all transitions that are made together: a Map makes as many as it has items. */
function inputOf(execution: ExecutionFacts): Json {
  const known = inputs.get(execution);
  if (known !== undefined) return known;
  const parsed = JSON.parse(execution.input) as Json;
  inputs.set(execution, parsed);
  return parsed;
}

function layered(layers: readonly Readonly<Record<string, Json>>[]): Readonly<Record<string, Json>> {
  if (layers.length === 1) return layers[0] ?? {};
  // Object.assign would take `__proto__` for something else than a name.
  return Object.fromEntries(layers.flatMap((layer) => Object.entries(layer)));
}

export function withContext(at: Sight, more: { readonly [key: string]: Json }): Sight {
  return { ...at, context: { ...at.context, ...more } };
}

/** `An error occurred while executing the state 'X' (entered at the event id #2). …`, as AWS begins such a text. */
export function stateText({ node, scope }: Pick<Sight, 'node' | 'scope'>, text: string): string {
  return `An error occurred while executing the state '${node.name}' (entered at the event id #${scope.entered?.id ?? 0}). ${text}`;
}

export function runtimeFailure(at: Sight, text: string): StateFailure {
  return new StateFailure('States.Runtime', stateText(at, text));
}

/** Of a JSONata state: with an EvaluationFailed event of its own. */
export function queryFailure(at: Sight, text: string, location: string | null): StateFailure {
  return new StateFailure('States.QueryEvaluationError', stateText(at, text), 'jsonata', location);
}

export function path(at: Sight, text: string, input: Json, field: string): Json {
  return settled(at, evaluatePath(text, scopeOf(at, input), field), 'state');
}

export function stringExpression(at: Sight, text: string, input: Json, field: string): Json {
  return settled(at, evaluateStringExpression(text, scopeOf(at, input), at.run.around.random, field), 'state');
}

export function template(at: Sight, value: Json, input: Json): Json {
  return settled(at, evaluateTemplate(value, scopeOf(at, input), at.run.around.random), 'state');
}

export async function jsonata(
  at: Sight,
  value: Json,
  input: Json,
  field: string,
  { expected, ...extras }: Extras & { expected?: JsonataType } = {},
): Promise<Json> {
  const { random, now } = at.run.around;
  const options = { field, random, now, ...(expected === undefined ? {} : { expected }) };
  return settled(at, await evaluateJsonata(value, { ...scopeOf(at, input), ...extras }, options), 'jsonata');
}

export function settled<T>(at: Sight, evaluated: Evaluated<T>, origin: 'state' | 'jsonata'): T {
  if (evaluated.ok) return evaluated.value;
  const { error, cause, location } = evaluated;
  throw new StateFailure(error, stateText(at, cause), origin, location ?? null);
}

export function scopeOf(at: Sight, input: Json): Scope {
  return { input, context: at.context, variables: at.variables };
}
