import { eq, sql } from 'drizzle-orm';
import { type ListedObject, ObjectFault, type ObjectStore } from '../../../clouds/aws/s3-objects.ts';
import type { Json } from '../../../core/states-language/json.ts';
import { readInputs } from '../../../core/states-language/machine/map-items.ts';
import type { MapRunPlan, ReaderPlan } from '../../../core/states-language/machine/map-run-types.ts';
import { StateFailure } from '../../../core/states-language/machine/state-failure.ts';
import type { Database } from '../../../store/database.ts';
import { execution } from '../../../store/schema/executions.ts';
import type { MapRunRow } from '../../../store/schema/map-runs.ts';
import { surroundings } from '../advance.ts';
import { Overlay } from '../overlay.ts';
import { TaskError } from '../task-runner.ts';
import { replaceInputs } from './changes.ts';
import {
  bounded,
  csvItems,
  ItemFault,
  inventoryOf,
  jsonItems,
  jsonLines,
  MOST_ITEM_BYTES,
  textOf,
  unzipped,
} from './object-items.ts';

/** Items of one map run; AWS has 100 million. */
export const MOST_ITEMS = 100_000;

/**
 * Reads the items of a run that waits for them, makes the inputs of its children and keeps these, whole or not at all.
 * Done again it replaces what was there. Throws TaskError States.ItemReaderFailed, or what a selector failed by.
 */
export async function readItems(
  db: Database,
  run: MapRunRow,
  objects: ObjectStore,
  now: Date,
  signal: AbortSignal,
): Promise<{ items: number }> {
  const { reader } = JSON.parse(run.plan) as MapRunPlan;
  if (reader === null) throw new Error(`${run.arn} has no reader`);
  const items = await allItems(reader, objects, signal);
  const inputs = await inputsOf(db, run, items, now);
  await db.transaction(async (tx) => {
    const { rows } = await tx.execute(
      sql`SELECT FROM map_run WHERE arn = ${run.arn} AND step = 'read' AND status = 'RUNNING' FOR UPDATE`,
    );
    // Another server has read them in the meantime, or the run was stopped.
    if (rows.length > 0) await replaceInputs(tx, run.arn, inputs);
  });
  return { items: items.length };
}

async function inputsOf(db: Database, { execution: parent, scope }: MapRunRow, items: readonly Json[], now: Date) {
  const [row] = await db.select().from(execution).where(eq(execution.arn, parent));
  if (row === undefined) throw new Error(`no execution ${parent}`);
  const around = await surroundings(db, row, new Overlay(db, row.arn), now);
  try {
    return await readInputs(around, scope, items);
  } catch (failure) {
    if (!(failure instanceof StateFailure)) throw failure;
    throw new TaskError(failure.error ?? 'States.Runtime', failure.detail ?? '');
  }
}

async function allItems(reader: ReaderPlan, objects: ObjectStore, signal: AbortSignal): Promise<Json[]> {
  const most = reader.maxItems === 0 ? MOST_ITEMS : Math.min(reader.maxItems, MOST_ITEMS);
  const items: Json[] = [];
  try {
    for await (const item of itemsOf(reader, objects, signal)) {
      if (items.length >= most) {
        if (most === reader.maxItems) break;
        throw new ItemFault(`The dataset has more than ${MOST_ITEMS} items; MaxItems limits them.`);
      }
      if (JSON.stringify(item).length > MOST_ITEM_BYTES)
        throw new ItemFault(`Item ${items.length} is larger than ${MOST_ITEM_BYTES} bytes.`);
      items.push(item);
    }
  } catch (error) {
    if (error instanceof ItemFault || error instanceof ObjectFault)
      throw new TaskError('States.ItemReaderFailed', error.message);
    throw error;
  }
  return items;
}

async function* itemsOf(reader: ReaderPlan, objects: ObjectStore, signal: AbortSignal): AsyncGenerator<Json> {
  if (reader.action === 'listObjectsV2') {
    for await (const one of objects.list(reader.bucket, reader.prefix, signal)) yield listedItem(one);
    return;
  }
  const bytes = bounded(objects.read(reader, signal));
  switch (reader.format) {
    case 'JSON':
      return yield* jsonItems(bytes, reader.pointer);
    case 'JSONL':
      return yield* jsonLines(bytes);
    case 'CSV':
      return yield* csvItems(bytes, reader);
    case 'MANIFEST':
      return yield* inventoryItems(await textOf(bytes), objects, signal);
  }
}

function listedItem({ etag, key, lastModified, size, storageClass }: ListedObject): Json {
  const seconds = Math.floor(lastModified.getTime() / 1000);
  return { Etag: etag, Key: key, LastModified: seconds, Size: size, StorageClass: storageClass };
}

async function* inventoryItems(manifest: string, objects: ObjectStore, signal: AbortSignal): AsyncGenerator<Json> {
  const { bucket, keys, columns } = inventoryOf(manifest);
  async function* rows(): AsyncGenerator<Uint8Array> {
    for (const key of keys) yield* unzipped(objects.read({ bucket, key, versionId: null }, signal));
  }
  yield* csvItems(bounded(rows()), { headers: columns, delimiter: ',' });
}
