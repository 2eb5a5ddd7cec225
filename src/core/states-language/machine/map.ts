import { isObject } from '../definition/parse.ts';
import type { Json } from '../json.ts';
import { amount } from './amounts.ts';
import { batchesOf } from './batches.ts';
import { complete } from './complete.ts';
import { addChild, isDistributed, openGroup } from './group.ts';
import { effectiveInput } from './leave.ts';
import { jsonata, path, queryFailure, runtimeFailure, type Sight, template, withContext } from './sight.ts';
import { valueOfText } from './value.ts';

export async function startMap(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const raw = valueOfText(scope.input);
  const seen = node.language === 'JSONata' ? raw : effectiveInput(at, raw);
  const items = await itemsOf(at, seen.json);
  const { trial } = run.around;
  if (node.language === 'JSONPath') trial?.value('afterItemsPath', JSON.stringify(items));
  const concurrency = (await amount(at, 'MaxConcurrency', 'integer', seen.json)) ?? 0;
  if (concurrency < 0) throw runtimeFailure(at, 'MaxConcurrency cannot be negative.');
  run.event(scope, 'MapStateStarted', ['mapStateStartedEventDetails', { length: items.length }]);
  const toleratedCount = await amount(at, 'ToleratedFailureCount', 'integer', seen.json);
  if (toleratedCount !== null && toleratedCount < 0)
    throw runtimeFailure(at, 'ToleratedFailureCount cannot be negative.');
  const toleratedPercentage = await amount(at, 'ToleratedFailurePercentage', 'float', seen.json);
  if (toleratedPercentage !== null && (toleratedPercentage < 0 || toleratedPercentage > 100)) {
    throw runtimeFailure(at, 'ToleratedFailurePercentage must be between 0 and 100.');
  }
  const mapRun = isDistributed(node) ? tellMapRun(at) : null;
  const isBatched = isObject(node.fields.ItemBatcher);
  const inputs = isBatched ? await batchesOf(at, await selectAll(at, items, seen.json), seen.json) : items;
  if (trial !== undefined) {
    trial.value('afterItemSelector', JSON.stringify(await selectAll(at, items, seen.json)));
    if (isBatched) trial.value('afterItemBatcher', JSON.stringify(inputs));
  }
  openGroup(scope, {
    kind: 'map',
    total: inputs.length,
    next: 0,
    running: 0,
    failed: 0,
    concurrency,
    toleratedCount,
    toleratedPercentage,
    mapRun,
  });
  scope.items = JSON.stringify(inputs);
  scope.selectorInput = isBatched || selectorOf(at) === undefined ? null : seen.text;
  await startIterations(at, scope.previous);
  if (scope.group?.total === 0) await complete(at, scope.group);
}

async function itemsOf(at: Sight, input: Json): Promise<readonly Json[]> {
  const { fields, language } = at.node;
  if (language === 'JSONata') {
    if (fields.Items !== undefined) {
      return (await jsonata(at, fields.Items, input, 'Items', { expected: 'array' })) as readonly Json[];
    }
    if (Array.isArray(input)) return input;
    throw queryFailure(at, `Map state input must be an array but was: ${JSON.stringify(input)}`, null);
  }
  const reference = typeof fields.ItemsPath === 'string' ? fields.ItemsPath : '$';
  const items = path(at, reference, input, 'ItemsPath');
  if (!Array.isArray(items)) throw runtimeFailure(at, `Reference path "${reference}" must point to array.`);
  return items;
}

function tellMapRun({ run, scope, node }: Sight): number {
  const { stateMachineArn } = run.around.execution;
  const base = stateMachineArn.replace(':stateMachine:', ':mapRun:');
  const label = typeof node.fields.Label === 'string' ? node.fields.Label : run.around.newId();
  const mapRunArn = `${base}/${label}:${run.around.newId()}`;
  return run.event(scope, 'MapRunStarted', ['mapRunStartedEventDetails', { mapRunArn }]);
}

function selectorOf({ node }: Sight): Json | undefined {
  return node.fields.ItemSelector ?? (node.language === 'JSONPath' ? node.fields.Parameters : undefined);
}

async function selected(at: Sight, value: Json, index: number, input: Json): Promise<Json> {
  const selector = selectorOf(at);
  if (selector === undefined) return value;
  const sight = withContext(at, { Map: { Item: { Index: index, Value: value } } });
  return at.node.language === 'JSONata'
    ? jsonata(sight, selector, input, 'ItemSelector')
    : template(sight, selector, input);
}

async function selectAll(at: Sight, items: readonly Json[], input: Json): Promise<Json[]> {
  const all: Json[] = [];
  for (const [index, value] of items.entries()) all.push(await selected(at, value, index, input));
  return all;
}

/** Starts as many iterations as may run; they follow on the event `previous`. */
export async function startIterations(at: Sight, previous: number): Promise<void> {
  const { run, scope, node } = at;
  const { group } = scope;
  if (group === null || scope.items === null || group.next >= group.total) return;
  const room = group.concurrency === 0 ? group.total : group.concurrency - group.running;
  const end = Math.min(group.total, group.next + room);
  if (end <= group.next) return;
  const items = JSON.parse(scope.items) as Json[];
  const input = scope.selectorInput === null ? null : (JSON.parse(scope.selectorInput) as Json);
  for (let index = group.next; index < end; index += 1) {
    const value = items[index] ?? null;
    const chosen = input === null && scope.selectorInput === null ? value : await selected(at, value, index, input);
    const isApart = group.mapRun !== null;
    const started = isApart
      ? 0
      : run.event(scope, 'MapIterationStarted', ['mapIterationStartedEventDetails', { index, name: node.name }], {
          previous,
          aside: true,
        });
    const item = { index, value: JSON.stringify(value) };
    const machine = node.inner[0] ?? 0;
    addChild(run, scope, { index, machine, input: JSON.stringify(chosen), previous: started, item, isApart });
  }
  scope.group = { ...group, next: end, running: group.running + end - group.next };
}
