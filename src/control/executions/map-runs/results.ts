import { and, eq, gt, sql } from 'drizzle-orm';
import { type ChildResult, resultTexts } from '../../../core/states-language/machine/map-run-results.ts';
import type { MapRunPlan } from '../../../core/states-language/machine/map-run-types.ts';
import type { Database } from '../../../store/database.ts';
import { execution } from '../../../store/schema/executions.ts';
import type { MapRunRow } from '../../../store/schema/map-runs.ts';
import { unpack } from '../payloads.ts';

const PAGE = 200;

/** The children of a map run that have begun, in the order of their items. */
export async function* childResults(db: Database, mapRun: string): AsyncGenerator<ChildResult> {
  for (let after = -1; ; ) {
    const rows = await db
      .select()
      .from(execution)
      .where(and(eq(execution.mapRun, mapRun), gt(execution.mapPosition, after)))
      .orderBy(execution.mapPosition)
      .limit(PAGE);
    for (const row of rows) {
      yield {
        arn: row.arn,
        name: row.name,
        stateMachineArn: row.stateMachineArn,
        input: await unpack<string>(db, row.arn, row.input),
        status: row.status,
        startDate: row.startedAt,
        stopDate: row.stoppedAt,
        redrives: row.redrives,
        isExpress: row.type === 'EXPRESS',
        output: row.output === null ? null : await unpack<string>(db, row.arn, row.output),
        error: row.error,
        cause: row.cause,
      };
    }
    const last = rows.at(-1)?.mapPosition;
    if (rows.length < PAGE || last == null) return;
    after = last;
  }
}

const TOO_LARGE = {
  error: 'States.DataLimitExceeded',
  cause: 'The results of the Map Run exceed the maximum number of bytes service limit; a ResultWriter exports them.',
} as const;

/** What a Map without an export puts out; a failure where that is beyond `most` bytes, without reading all of it. */
export async function stateOutput(
  db: Database,
  run: MapRunRow,
  most: number,
): Promise<{ readonly output: string; readonly failure: typeof TOO_LARGE | null }> {
  const { writer } = JSON.parse(run.plan) as MapRunPlan;
  if (writer !== null && writer.bucket !== null) return { output: 'null', failure: null };
  const { rows } = await db.execute<{ characters: string }>(sql`
    SELECT coalesce(sum(length(output)), 0)::text AS characters FROM execution WHERE map_run = ${run.arn}`);
  // As JSON strings they are twice as long at the most.
  if (Number(rows[0]?.characters) > most * 3) return { output: 'null', failure: TOO_LARGE };
  const texts: string[] = [];
  let characters = 0;
  for await (const child of childResults(db, run.arn)) {
    for (const text of resultTexts(child, writer?.transformation ?? 'COMPACT')) {
      characters += text.length + 1;
      if (characters > most) return { output: 'null', failure: TOO_LARGE };
      texts.push(text);
    }
  }
  return { output: `[${texts.join(',')}]`, failure: null };
}
