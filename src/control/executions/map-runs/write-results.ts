import { sql } from 'drizzle-orm';
import { ObjectFault, type ObjectStore } from '../../../clouds/aws/s3-objects.ts';
import { resultTexts } from '../../../core/states-language/machine/map-run-results.ts';
import type { MapRunPlan, WriterPlan } from '../../../core/states-language/machine/map-run-types.ts';
import type { Database } from '../../../store/database.ts';
import type { MapRunRow } from '../../../store/schema/map-runs.ts';
import { TaskError } from '../task-runner.ts';
import { childResults } from './results.ts';

/** Characters of a file of results before the next one is begun. */
const FILE = 8 * 1024 * 1024;
const PAGE = 500;
type Group = 'SUCCEEDED' | 'FAILED' | 'PENDING';
type Written = { readonly Key: string; readonly Size: number };

/**
 * Writes what came of a run's children: their results by status, and last a manifest that names the files. Done again
 * it writes the same over it. Answers the output of the Map; throws TaskError States.ResultWriterFailed.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export async function writeResults(db: Database, run: MapRunRow, objects: ObjectStore, signal: AbortSignal) {
  const { writer } = JSON.parse(run.plan) as MapRunPlan;
  if (writer === null || writer.bucket === null) throw new Error(`${run.arn} has no writer`);
  const { bucket } = writer;
  const folder = `${writer.prefix.replace(/\/+$/, '')}/${run.arn.split(':').at(-1)}`.replace(/^\//, '');
  const write = async (name: string, text: string): Promise<Written> => {
    const body = Buffer.from(text, 'utf8');
    const key = `${folder}/${name}`;
    await objects.write({ bucket, key }, body, signal);
    return { Key: key, Size: body.byteLength };
  };
  try {
    const ResultFiles = await writeGroups(db, run, writer, write);
    const manifest = { DestinationBucket: bucket, MapRunArn: run.arn, ResultFiles };
    const { Key } = await write('manifest.json', JSON.stringify(manifest, null, 2));
    await db.execute(sql`UPDATE map_run SET are_results_written = true WHERE arn = ${run.arn}`);
    return { MapRunArn: run.arn, ResultWriterDetails: { Bucket: bucket, Key } };
  } catch (error) {
    if (!(error instanceof ObjectFault)) throw error;
    throw new TaskError('States.ResultWriterFailed', error.message);
  }
}

async function writeGroups(
  db: Database,
  run: MapRunRow,
  { outputType, transformation }: WriterPlan,
  write: (name: string, text: string) => Promise<Written>,
): Promise<Record<Group, Written[]>> {
  const files: Record<Group, Written[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  const open: Record<Group, { texts: string[]; characters: number }> = {
    FAILED: { texts: [], characters: 0 },
    PENDING: { texts: [], characters: 0 },
    SUCCEEDED: { texts: [], characters: 0 },
  };
  const flush = async (group: Group): Promise<void> => {
    const { texts } = open[group];
    if (texts.length === 0) return;
    const isLines = outputType === 'JSONL';
    const name = `${group}_${files[group].length}.${isLines ? 'jsonl' : 'json'}`;
    files[group].push(await write(name, isLines ? `${texts.join('\n')}\n` : `[${texts.join(',')}]`));
    open[group] = { texts: [], characters: 0 };
  };
  const add = async (group: Group, text: string): Promise<void> => {
    open[group].texts.push(text);
    open[group].characters += text.length;
    if (open[group].characters >= FILE) await flush(group);
  };
  for await (const child of childResults(db, run.arn)) {
    const group = child.status === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED';
    for (const text of resultTexts(child, transformation)) await add(group, text);
  }
  for await (const input of pendingInputs(db, run.arn)) {
    await add('PENDING', JSON.stringify({ Input: input, InputDetails: { Included: true }, Status: 'PENDING' }));
  }
  for (const group of Object.keys(files) as Group[]) await flush(group);
  return files;
}

async function* pendingInputs(db: Database, mapRun: string): AsyncGenerator<string> {
  for (let after = -1; ; ) {
    const { rows } = await db.execute<{ position: number; input: string }>(sql`
      SELECT position, input FROM map_run_input WHERE map_run = ${mapRun} AND position > ${after}
      ORDER BY position LIMIT ${PAGE}`);
    for (const { input } of rows) yield input;
    const last = rows.at(-1)?.position;
    if (last === undefined) return;
    after = last;
  }
}
