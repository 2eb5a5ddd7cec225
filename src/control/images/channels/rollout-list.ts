import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Call } from '../../call.ts';
import { unpack } from '../../executions/payloads.ts';
import { page } from '../../paging.ts';
import { family, paging } from './input.ts';

export const RolloutsInput = z.object({
  Family: family.optional(),
  ExecutionArn: z.string().max(400).optional(),
  ...paging,
});

interface Row extends Record<string, unknown> {
  readonly execution: string;
  readonly family: string;
  readonly digest: string;
  readonly target: string;
  readonly started_at: Date;
  readonly started_by: string;
  readonly status: string | null;
  readonly stopped_at: Date | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly output: string | null;
  readonly state: string | null;
  readonly events: number | null;
}

/**
 * Rollouts with how they get on, the newest first. `State` is the state that was entered last. An execution that ended
 * more than 90 days ago is forgotten, and its `Status` null.
 */
export async function describeRollouts(
  call: Call,
  { Family, ExecutionArn, ...request }: z.output<typeof RolloutsInput>,
) {
  const { db, account } = call;
  const list = `image rollouts ${JSON.stringify([Family ?? null, ExecutionArn ?? null])}`;
  const keyOf = (row: Row) => [new Date(row.started_at).toISOString(), row.execution];
  const { items, ...rest } = await page(call, request, { list, size: 50, keyOf }, async (after, limit) => {
    const { rows } = await db.execute<Row>(sql`
      SELECT r.*, e.status, e.stopped_at, e.error, e.cause, e.output, e.last_event AS events, (
        SELECT v.details FROM execution_event v
        WHERE v.execution = r.execution AND v.type LIKE '%StateEntered' ORDER BY v.id DESC LIMIT 1) AS state
      FROM image_rollout r LEFT JOIN execution e ON e.arn = r.execution
      WHERE r.account = ${account}
        AND ${Family === undefined ? sql`true` : sql`r.family = ${Family}`}
        AND ${ExecutionArn === undefined ? sql`true` : sql`r.execution = ${ExecutionArn}`}
        AND ${after === null ? sql`true` : sql`(r.started_at, r.execution) < (${String(after[0])}::timestamptz, ${String(after[1])})`}
      ORDER BY r.started_at DESC, r.execution DESC LIMIT ${limit}`);
    return rows;
  });
  return { Rollouts: await Promise.all(items.map((row) => shown(call, row))), ...rest };
}

async function shown({ db }: Call, row: Row) {
  const output = row.output === null ? null : await unpack<string>(db, row.execution, row.output);
  return {
    ExecutionArn: row.execution,
    Family: row.family,
    Digest: row.digest,
    Group: row.target,
    StartedAt: new Date(row.started_at),
    StartedBy: row.started_by,
    Status: row.status,
    StoppedAt: row.stopped_at === null ? null : new Date(row.stopped_at),
    State: row.state === null ? null : stateName(row.state),
    Error: row.error,
    Cause: row.cause,
    Output: output,
  };
}

function stateName(details: string): string | null {
  const { name } = JSON.parse(details) as { name?: unknown };
  return typeof name === 'string' ? name : null;
}
