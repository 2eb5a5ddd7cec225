import { isObject } from '../definition/parse.ts';
import type { Json } from '../json.ts';
import { bytesOf } from './leave.ts';
import { jsonata, path, runtimeFailure, type Sight, template } from './sight.ts';

/**
 * ItemBatcher: what each iteration gets, `{"BatchInput": …, "Items": […]}`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
 */
export async function batchesOf(at: Sight, items: readonly Json[], input: Json): Promise<Json[]> {
  const batcher = at.node.fields.ItemBatcher;
  if (!isObject(batcher)) return [...items];
  const { language } = at.node;
  const limit = async (field: string): Promise<number> => {
    const written = batcher[field];
    const reference = batcher[`${field}Path`];
    const found =
      language === 'JSONata' && typeof written === 'string'
        ? await jsonata(at, written, input, `ItemBatcher/${field}`, { expected: 'integer' })
        : typeof reference === 'string'
          ? path(at, reference, input, `${field}Path`)
          : written;
    if (found === undefined) return Number.POSITIVE_INFINITY;
    if (typeof found === 'number' && Number.isInteger(found) && found > 0) return found;
    throw runtimeFailure(at, `${field} must be a positive integer, but was: ${JSON.stringify(found)}`);
  };
  const most = await limit('MaxItemsPerBatch');
  const mostBytes = await limit('MaxInputBytesPerBatch');
  const head = await batchInput(at, batcher.BatchInput, input);
  const batches: Json[] = [];
  // The whole input of an iteration counts; each item has a comma but the last one.
  const around = bytesOf(JSON.stringify({ ...head, Items: [] })) - 1;
  let batch: Json[] = [];
  let bytes = around;
  for (const item of items) {
    const size = bytesOf(JSON.stringify(item)) + 1;
    if (batch.length > 0 && (batch.length >= most || bytes + size > mostBytes)) {
      batches.push({ ...head, Items: batch });
      batch = [];
      bytes = around;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) batches.push({ ...head, Items: batch });
  return batches;
}

async function batchInput(at: Sight, written: Json | undefined, input: Json): Promise<{ [key: string]: Json }> {
  if (written === undefined) return {};
  const isJsonata = at.node.language === 'JSONata';
  const value = isJsonata ? await jsonata(at, written, input, 'ItemBatcher/BatchInput') : template(at, written, input);
  return { BatchInput: value };
}
