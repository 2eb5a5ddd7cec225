import type { Json } from '../json.ts';
import { amount } from './amounts.ts';
import { complete } from './complete.ts';
import { addChild, openGroup, roomIn } from './group.ts';
import { checkSize, effectiveInput } from './leave.ts';
import { itemsIn, selected, selectorOf } from './map-items.ts';
import { isDistributed, startMapRun } from './map-run.ts';
import { runAgain } from './redrive.ts';
import { jsonata, path, queryFailure, runtimeFailure, type Sight } from './sight.ts';
import { tryMap } from './try-map.ts';
import { valueOfText } from './value.ts';

/** What a column of the store holds. */
const MOST = 2 ** 31 - 1;

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
  const limits = {
    concurrency: Math.min(concurrency, MOST),
    toleratedCount: least(toleratedCount),
    toleratedPercentage,
  };
  if (trial !== undefined) return tryMap(at, trial, items, seen.json, limits);
  if (isDistributed(node)) return startMapRun(at, hasReader ? null : items, seen.json, limits);
  const text = JSON.stringify(items);
  checkSize(at, text);
  openGroup(scope, { kind: 'map', total: items.length, next: 0, running: 0, failed: 0, ...limits });
  scope.items = text;
  scope.selectorInput = selectorOf(at) === undefined ? null : seen.text;
  await startIterations(at, scope.previous);
  if (scope.group?.total === 0) await complete(at);
}

function least(count: number | null): number | null {
  return count === null ? null : Math.min(count, MOST);
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

/** Starts as many iterations as may run, those first that a redrive left waiting; they follow on the event `previous`. */
export async function startIterations(at: Sight, previous: number): Promise<void> {
  const { run, scope, node } = at;
  const { group } = scope;
  if (group === null || scope.items === null) return;
  await runAgain(run, scope);
  const begun = scope.group ?? group;
  const end = Math.min(begun.total, begun.next + roomIn(begun));
  if (end <= begun.next) return;
  const items = itemsIn(scope.items);
  const seen = scope.selectorInput === null ? null : (JSON.parse(scope.selectorInput) as Json);
  for (let index = begun.next; index < end; index += 1) {
    const value = items[index] ?? null;
    const chosen = scope.selectorInput === null ? value : await selected(at, value, index, seen);
    const input = JSON.stringify(chosen);
    checkSize(at, input);
    const details = { index, name: node.name };
    const options = { previous, aside: true };
    const started = run.event(scope, 'MapIterationStarted', ['mapIterationStartedEventDetails', details], options);
    const item = { index, value: JSON.stringify(value) };
    const machine = node.inner[0] ?? 0;
    addChild(run, scope, { index, machine, input, previous: started, item });
    // One by one: the next one may fail to be made.
    const { running } = scope.group ?? begun;
    scope.group = { ...(scope.group ?? begun), next: index + 1, running: running + 1 };
  }
}
