import type { Json } from '../json.ts';
import { amount } from './amounts.ts';
import { complete } from './complete.ts';
import { addChild, openGroup } from './group.ts';
import { effectiveInput } from './leave.ts';
import { selected, selectorOf } from './map-items.ts';
import { isDistributed, startMapRun } from './map-run.ts';
import { jsonata, path, queryFailure, runtimeFailure, type Sight } from './sight.ts';
import { tryMap } from './try-map.ts';
import { valueOfText } from './value.ts';

export async function startMap(at: Sight): Promise<void> {
  const { run, scope, node } = at;
  const raw = valueOfText(scope.input);
  const seen = node.language === 'JSONata' ? raw : effectiveInput(at, raw);
  const { trial } = run.around;
  const hasReader = trial === undefined && node.fields.ItemReader !== undefined;
  const items = hasReader ? [] : await itemsOf(at, seen.json);
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
  const limits = { concurrency, toleratedCount, toleratedPercentage };
  if (trial !== undefined) return tryMap(at, trial, items, seen.json, limits);
  if (isDistributed(node)) return startMapRun(at, hasReader ? null : items, seen.json, limits);
  openGroup(scope, { kind: 'map', total: items.length, next: 0, running: 0, failed: 0, ...limits });
  scope.items = JSON.stringify(items);
  scope.selectorInput = selectorOf(at) === undefined ? null : seen.text;
  await startIterations(at, scope.previous);
  if (scope.group?.total === 0) await complete(at);
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
    const details = { index, name: node.name };
    const options = { previous, aside: true };
    const started = run.event(scope, 'MapIterationStarted', ['mapIterationStartedEventDetails', details], options);
    const item = { index, value: JSON.stringify(value) };
    const machine = node.inner[0] ?? 0;
    addChild(run, scope, { index, machine, input: JSON.stringify(chosen), previous: started, item });
  }
  scope.group = { ...group, next: end, running: group.running + end - group.next };
}
