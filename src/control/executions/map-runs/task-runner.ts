import { eq } from 'drizzle-orm';
import type { ObjectStore } from '../../../clouds/aws/s3-objects.ts';
import { READ_ITEMS, WRITE_RESULTS } from '../../../core/states-language/machine/map-run-types.ts';
import type { Database } from '../../../store/database.ts';
import { type MapRunRow, mapRun } from '../../../store/schema/map-runs.ts';
import { TaskError, type TaskRunner, type TaskSurroundings } from '../task-runner.ts';
import { readItems } from './read-items.ts';
import { writeResults } from './write-results.ts';

const MOST_MS = 600_000;

/** What a map run leaves to a task: the reading of its items and the writing of its results; null for other resources. */
export function mapRunTaskRunner(
  db: Database,
  openObjects: (region: string) => ObjectStore,
  resource: string,
): TaskRunner | null {
  if (resource !== READ_ITEMS && resource !== WRITE_RESULTS) return null;
  const isReading = resource === READ_ITEMS;
  return {
    run: async (input, around) => {
      const run = await runOf(db, input, around, isReading ? 'read' : 'write');
      const late = AbortSignal.timeout(MOST_MS);
      const signal = AbortSignal.any([around.signal, late]);
      const objects = openObjects(around.region);
      try {
        return isReading
          ? await readItems(db, run, objects, new Date(), signal)
          : await writeResults(db, run, objects, signal);
      } catch (error) {
        if (!late.aborted) throw error;
        const name = isReading ? 'States.ItemReaderFailed' : 'States.ResultWriterFailed';
        throw new TaskError(name, `It took more than ${MOST_MS / 1000} seconds.`);
      } finally {
        objects.close();
      }
    },
  };
}

/** A definition that names the resource itself reaches no run that does not wait for it. */
async function runOf(
  db: Database,
  input: unknown,
  { executionArn }: TaskSurroundings,
  step: MapRunRow['step'],
): Promise<MapRunRow> {
  const { mapRun: arn } = (input ?? {}) as { mapRun?: unknown };
  const [row] = await db
    .select()
    .from(mapRun)
    .where(eq(mapRun.arn, String(arn)));
  if (row === undefined || row.execution !== executionArn || row.step !== step)
    throw new TaskError('States.Runtime', 'No Map Run of this execution waits for this.');
  return row;
}
