import { isObject } from '../definition/parse.ts';
import type { Json } from '../json.ts';
import { batchesOf } from './batches.ts';
import { effectiveInput } from './leave.ts';
import type { ChildInput } from './map-run-types.ts';
import { Run } from './run.ts';
import { jsonata, type Sight, sightOf, template, withContext } from './sight.ts';
import type { Surroundings } from './types.ts';
import { valueOfText } from './value.ts';

export function selectorOf({ node }: Sight): Json | undefined {
  return node.fields.ItemSelector ?? (node.language === 'JSONPath' ? node.fields.Parameters : undefined);
}

export async function selected(at: Sight, value: Json, index: number, input: Json): Promise<Json> {
  const selector = selectorOf(at);
  if (selector === undefined) return value;
  const sight = withContext(at, { Map: { Item: { Index: index, Value: value } } });
  return at.node.language === 'JSONata'
    ? jsonata(sight, selector, input, 'ItemSelector')
    : template(sight, selector, input);
}

let parsed: { readonly text: string; readonly items: readonly Json[] } = { text: '[]', items: [] };

/** The items of a Map from their text, which is the same each time that one of its iterations ends. */
export function itemsIn(text: string): readonly Json[] {
  if (parsed.text !== text) parsed = { text, items: JSON.parse(text) as Json[] };
  return parsed.items;
}

export async function selectAll(at: Sight, items: readonly Json[], input: Json): Promise<Json[]> {
  const all: Json[] = [];
  for (const [index, value] of items.entries()) all.push(await selected(at, value, index, input));
  return all;
}

/** The inputs of the children of a map run: each item as its ItemSelector makes it, or batches of them. */
export async function childInputs(at: Sight, items: readonly Json[], input: Json): Promise<ChildInput[]> {
  const all = await selectAll(at, items, input);
  if (!isObject(at.node.fields.ItemBatcher)) return all.map((one) => ({ input: JSON.stringify(one), items: 1 }));
  const batches = await batchesOf(at, all, input);
  return batches.map((batch) => {
    const { Items } = batch as { Items: readonly Json[] };
    return { input: JSON.stringify(batch), items: Items.length };
  });
}

/** The same for items that were read while the Map state waited for them. Throws StateFailure. */
export async function readInputs(around: Surroundings, scope: string, items: readonly Json[]): Promise<ChildInput[]> {
  const run = new Run(around);
  const at = await sightOf(run, await run.scope(scope));
  const raw = valueOfText(at.scope.input);
  const input = at.node.language === 'JSONata' ? raw.json : effectiveInput(at, raw).json;
  return childInputs(at, items, input);
}
