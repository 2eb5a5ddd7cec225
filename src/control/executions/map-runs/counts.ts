import { sql } from 'drizzle-orm';
import type { Database } from '../../../store/database.ts';
import type { ExecutionRow } from '../../../store/schema/executions.ts';
import type { MapRunRow } from '../../../store/schema/map-runs.ts';

export interface Counts {
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
  failuresNotRedrivable: number;
  pendingRedrive: number;
}

const MEMBERS = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
} as const satisfies Record<ExecutionRow['status'], keyof Counts>;

/** Counted from the children themselves: of executions, and of the items in them. */
export async function mapRunCounts(
  db: Database,
  { arn, children, items, areResultsWritten }: MapRunRow,
): Promise<{ executionCounts: Counts; itemCounts: Counts }> {
  const { rows } = await db.execute<{
    status: ExecutionRow['status'] | 'PENDING';
    again: boolean;
    children: number;
    items: number;
  }>(sql`
    SELECT status, map_state = 'redrive' AS again, count(*)::int AS children, sum(map_items)::int AS items
    FROM execution WHERE map_run = ${arn} GROUP BY 1, 2
    UNION ALL
    SELECT 'PENDING', false, count(*)::int, coalesce(sum(items), 0)::int FROM map_run_input WHERE map_run = ${arn}`);
  const executionCounts = { ...none(), total: children };
  const itemCounts = { ...none(), total: items };
  for (const row of rows) {
    const member = row.status === 'PENDING' ? 'pending' : row.again ? 'pendingRedrive' : MEMBERS[row.status];
    executionCounts[member] += row.children;
    itemCounts[member] += row.items;
  }
  if (areResultsWritten) for (const counts of [executionCounts, itemCounts]) counts.resultsWritten = ended(counts);
  return { executionCounts, itemCounts };
}

function ended({ succeeded, failed, timedOut, aborted }: Counts): number {
  return succeeded + failed + timedOut + aborted;
}

function none(): Counts {
  return {
    pending: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    aborted: 0,
    total: 0,
    resultsWritten: 0,
    failuresNotRedrivable: 0,
    pendingRedrive: 0,
  };
}
