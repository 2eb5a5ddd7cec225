import { sql } from 'drizzle-orm';
import type { HistoryEvent } from '../../core/states-language/machine/history.ts';
import type { Head, ScheduledTask, ScopeState } from '../../core/states-language/machine/types.ts';
import type { Database } from '../../store/database.ts';
import { COMMIT_WITHOUT_SYNC } from '../../store/durable.ts';
import type { ExecutionRow } from '../../store/schema/executions.ts';
import { type Packed, pack, textFor } from './payloads.ts';

/** What transitions of one execution have changed and the store does not have yet. */
export interface Changes {
  readonly scopes: readonly ScopeState[];
  readonly events: readonly HistoryEvent[];
  readonly tasks: readonly ScheduledTask[];
  readonly dropped: readonly string[];
  readonly aborted: readonly string[];
}

export interface Owner {
  readonly arn: string;
  readonly account: string;
  /** No history is kept of an EXPRESS execution. */
  readonly type?: 'STANDARD' | 'EXPRESS';
}

/** Writes them in one statement, and trees that go as a whole in one each. The caller holds the execution's row. */
export async function writeChanges(
  tx: Database,
  { arn, account, type }: Owner,
  changes: Changes,
  now: Date,
): Promise<void> {
  for (const id of changes.dropped) {
    await tx.execute(sql`DELETE FROM execution_scope WHERE execution = ${arn} AND starts_with(id, ${`${id}/`})`);
    await tx.execute(sql`DELETE FROM execution_task WHERE execution = ${arn} AND starts_with(scope, ${`${id}/`})`);
  }
  const blobs = new Map<string, string>();
  const packed = (value: unknown): string => keep(pack(value), blobs);
  const scopes = changes.scopes.map((scope) => ({
    id: scope.id,
    parent: scope.parent,
    position: scope.index,
    phase: scope.phase,
    turn: scope.turn,
    wake_at: scope.wakeAt === null ? null : new Date(scope.wakeAt).toISOString(),
    body: packed(scope),
    task: scope.task?.id ?? '',
  }));
  const told = type === 'EXPRESS' ? [] : changes.events;
  const events = told.map(({ id, previousEventId, type, timestamp, details }) => ({
    id,
    previous: previousEventId,
    type,
    at: timestamp.toISOString(),
    member: details?.[0] ?? null,
    details: details === null ? null : packed(details[1]),
  }));
  // Scheduled and ended in the same write: then there is nothing to do.
  const open = new Set(changes.scopes.map(({ task }) => task?.id));
  const tasks = changes.tasks
    .filter(({ task }) => open.has(task.id))
    .map(({ scope, task, resource, input }) => ({
      id: task.id,
      scope,
      kind: task.kind,
      resource: textFor(resource),
      input: packed(input),
      token: task.token,
    }));
  const data = JSON.stringify({
    scopes,
    events,
    tasks,
    blobs: [...blobs].map(([hash, content]) => ({ hash, content })),
  });
  await tx.execute(sql`
    WITH data AS (SELECT ${data}::json AS j),
    s AS (SELECT r.* FROM data, json_to_recordset(j->'scopes') AS r(id text, parent text, position int, phase text, turn int, wake_at timestamptz, body text, task text)),
    kept AS (
      INSERT INTO execution_scope (execution, id, parent, position, phase, turn, wake_at, body)
      SELECT ${arn}, id, parent, position, phase, turn, wake_at, body FROM s
      ON CONFLICT (execution, id) DO UPDATE SET phase = excluded.phase, turn = excluded.turn, wake_at = excluded.wake_at, body = excluded.body),
    told AS (
      INSERT INTO execution_event (execution, id, previous, type, at, member, details)
      SELECT ${arn}, r.* FROM data, json_to_recordset(j->'events') AS r(id int, previous int, type text, at timestamptz, member text, details text)),
    ended AS (
      DELETE FROM execution_task t USING s WHERE t.execution = ${arn} AND t.scope = s.id AND t.id <> s.task),
    large AS (
      INSERT INTO execution_blob (execution, hash, content)
      SELECT ${arn}, r.* FROM data, json_to_recordset(j->'blobs') AS r(hash text, content text) ON CONFLICT DO NOTHING)
    INSERT INTO execution_task (execution, account, scheduled_at, id, scope, kind, resource, input, token)
    SELECT ${arn}, ${account}, ${now}, r.* FROM data, json_to_recordset(j->'tasks') AS r(id text, scope text, kind text, resource text, input text, token text)`);
  for (const id of changes.aborted) await abortBelow(tx, arn, id);
}

function keep({ json, blobs }: Packed, all: Map<string, string>): string {
  for (const [hash, content] of blobs) all.set(hash, content);
  return json;
}

async function abortBelow(tx: Database, arn: string, id: string): Promise<void> {
  await tx.execute(sql`
    UPDATE execution_scope SET phase = 'aborted', wake_at = NULL
    WHERE execution = ${arn} AND starts_with(id, ${`${id}/`}) AND phase NOT IN ('succeeded', 'failed', 'aborted')`);
  await tx.execute(sql`DELETE FROM execution_task WHERE execution = ${arn} AND starts_with(scope, ${`${id}/`})`);
}

/** The execution's own row, and when the engine has to come back to it. */
export async function writeHead(
  tx: Database,
  { arn, mapRun }: Pick<ExecutionRow, 'arn' | 'mapRun'>,
  head: Head,
  now: Date,
  { wasRunning, isSynced }: { readonly wasRunning: boolean; readonly isSynced: boolean },
): Promise<void> {
  const isRunning = head.status === 'RUNNING';
  const output = head.output === null ? null : await packOne(tx, arn, head.output);
  const tasksGone = isRunning ? sql`` : sql`WITH gone AS (DELETE FROM execution_task WHERE execution = ${arn}) `;
  // Whoever waits for its end hears of it. What a child's end leads to in its parent is synced with the parent.
  const quick = isSynced ? null : COMMIT_WITHOUT_SYNC;
  const rung = sql`pg_notify('kintsugi_execution_end', arn)`;
  const childRung = sql`${rung}, pg_notify('kintsugi_map_run', map_run), ${quick}`;
  const after = isRunning ? sql`${quick}` : mapRun === null ? rung : childRung;
  await tx.execute(sql`
    ${tasksGone}UPDATE execution SET status = ${head.status}, last_event = ${head.lastEvent}, turn = ${head.turn}, output = ${output},
      error = ${head.error === null ? null : textFor(head.error)}, cause = ${head.cause === null ? null : textFor(head.cause)}, redrives = ${head.redrives},
      faults = CASE WHEN redrives < ${head.redrives} THEN 0 ELSE faults END,
      retry_at = CASE WHEN redrives < ${head.redrives} THEN NULL ELSE retry_at END,
      stopped_at = ${isRunning ? null : wasRunning ? now : sql`stopped_at`},
      due_at = ${
        isRunning
          ? sql`LEAST(timeout_at, (SELECT min(CASE WHEN phase = 'ready' THEN ${now} ELSE wake_at END) FROM execution_scope
              WHERE execution = ${arn} AND phase IN ('ready', 'waiting', 'task')))`
          : null
      }
    WHERE arn = ${arn} RETURNING ${after}`);
}

async function packOne(tx: Database, arn: string, text: string): Promise<string> {
  const { json, blobs } = pack(text);
  for (const [hash, content] of blobs) {
    await tx.execute(
      sql`INSERT INTO execution_blob (execution, hash, content) VALUES (${arn}, ${hash}, ${content}) ON CONFLICT DO NOTHING`,
    );
  }
  return json;
}
