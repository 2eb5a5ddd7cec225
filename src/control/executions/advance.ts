import { randomBytes, randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { parseDefinition } from '../../core/states-language/definition/parse.ts';
import type { Program } from '../../core/states-language/definition/types.ts';
import type { HistoryEvent } from '../../core/states-language/machine/history.ts';
import type { MapRunChange } from '../../core/states-language/machine/map-run-types.ts';
import { transition } from '../../core/states-language/machine/step.ts';
import type {
  Effects,
  Happening,
  Limits,
  ScheduledTask,
  Surroundings,
} from '../../core/states-language/machine/types.ts';
import { AWS_LIMITS } from '../../core/states-language/machine/types.ts';
import type { Database } from '../../store/database.ts';
import { type ExecutionRow, execution } from '../../store/schema/executions.ts';
import { asFault } from './faults.ts';
import { writeMapRunChanges } from './map-runs/changes.ts';
import { Overlay, type Turn } from './overlay.ts';
import { unpack } from './payloads.ts';
import { writeChanges, writeHead } from './write.ts';

/** Transitions that one transaction takes together at the most. */
const BATCH = 64;

export interface AdvanceOptions {
  readonly limits?: Limits;
  /** For tests of what a crash at each boundary does: 1 makes every transition a transaction. */
  readonly batch?: number;
  readonly random?: () => number;
  /** Leave it to the server that is at it; else wait for its end. */
  readonly skipLocked?: boolean;
  /**
   * Where it goes on, its commit does not wait for the disk: a power failure may take it back to an earlier transition,
   * and it is made again. What others see of it waits: a task begins by a commit that syncs all before it, and so does
   * an answer (`store/durable.ts`). An end is always synced.
   */
  readonly withoutSync?: boolean;
}

export type Advanced = 'more' | 'rest' | 'ended' | 'absent';

/**
 * Takes an execution on: by what has happened, which goes alone and rings for the rest, so that whoever tells it has no
 * part in what comes of it; else by whatever is ready or due, until nothing is or the batch is full. One transaction
 * under the lock of the execution's row, so that what was not committed has not happened, and a server that is killed
 * anywhere leaves the state between two transitions. Transitions share a transaction because none of them does anything
 * outside of the store: tasks begin only when it is committed. Throws TransitionFault.
 */
export async function advanceExecution(
  db: Database,
  arn: string,
  happening: Happening | null,
  now: Date,
  options: AdvanceOptions = {},
): Promise<{ readonly state: Advanced; readonly happened: boolean }> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(execution)
      .where(eq(execution.arn, arn))
      .for('update', options.skipLocked ? { skipLocked: true } : {});
    if (row === undefined) return { state: 'absent', happened: false };
    if (row.status !== 'RUNNING' && happening?.type !== 'redrive') return { state: 'ended', happened: false };
    const isStopped = row.mapRun !== null && happening?.type !== 'redrive' && (await isStopping(tx, row.mapRun));
    if (happening === null && isHeldBack(row, now)) return { state: 'rest', happened: false };
    return advanceRow(tx, row, isStopped ? ABORT : happening, now, options).catch((error: unknown) => {
      throw asFault(arn, error);
    });
  });
}

/** After a fault: but its time limit ends it. */
function isHeldBack({ retryAt, timeoutAt }: ExecutionRow, now: Date): boolean {
  return retryAt !== null && retryAt > now && (timeoutAt === null || timeoutAt > now);
}

/** EXPRESS workflows have no bound of events: their time is theirs. */
const EXPRESS_EVENTS = 2 ** 31 - 1;
const ABORT: Happening = { type: 'abort', error: null, cause: null };
const TIME_OUT: Happening = { type: 'timeOut' };

/** Nothing goes on in a child from when its map run is stopped, however long it takes until its turn comes. */
async function isStopping(tx: Database, mapRun: string): Promise<boolean> {
  const { rows } = await tx.execute<{ is_over: boolean }>(
    sql`SELECT status <> 'RUNNING' OR step = 'stop' AS is_over FROM map_run WHERE arn = ${mapRun}`,
  );
  return rows[0]?.is_over !== false;
}

/** The same within a transaction that holds the row. */
export async function advanceRow(
  tx: Database,
  row: ExecutionRow,
  happening: Happening | null,
  now: Date,
  options: AdvanceOptions,
): Promise<{ readonly state: Advanced; readonly happened: boolean }> {
  // After a fault each alone: what can go on in other branches does.
  const batch = row.faults > 0 ? 1 : (options.batch ?? BATCH);
  const overlay = new Overlay(tx, row.arn);
  const around = await surroundings(tx, row, overlay, now, options);
  let head = around.head;
  let happened = false;
  const events: HistoryEvent[] = [];
  const tasks: ScheduledTask[] = [];
  const mapRuns: MapRunChange[] = [];
  const scheduled = new Set<string>();
  const activities: ScheduledTask[] = [];
  const write = async (dropped: readonly string[], aborted: readonly string[]): Promise<void> => {
    overlay.forgetBelow(dropped);
    const scopes = overlay.takeChanged();
    await writeChanges(tx, row, { scopes, events: events.splice(0), tasks: tasks.splice(0), dropped, aborted }, now);
    overlay.forgetBelow(aborted);
    await writeMapRunChanges(tx, row, mapRuns.splice(0), now);
  };
  const take = async (what: Happening): Promise<boolean> => {
    const effects: Effects | null = await transition({ ...around, head }, what);
    if (effects === null) return false;
    head = effects.head;
    overlay.apply(effects);
    events.push(...effects.events);
    tasks.push(...effects.tasks);
    mapRuns.push(...effects.mapRuns);
    for (const { task, resource } of effects.tasks) scheduled.add(task.kind === 'activity' ? resource : '');
    activities.push(...effects.tasks.filter(({ task }) => task.kind === 'activity'));
    if (effects.dropped.length + effects.aborted.length > 0) await write(effects.dropped, effects.aborted);
    return true;
  };
  const told = happening ?? (row.timeoutAt !== null && row.timeoutAt <= now ? TIME_OUT : null);
  let next: Turn | null = null;
  if (told !== null) {
    happened = await take(told);
    next = overlay.next(now);
  } else {
    await overlay.load(now, batch);
    next = overlay.next(now);
    for (let left = batch; head.status === 'RUNNING' && left > 0 && next !== null; left -= 1) {
      if (!(await take(next))) throw new Error(`${row.arn}: nothing comes of ${next.type} of ${next.scope}`);
      happened = true;
      next = overlay.next(now);
    }
  }
  for (const lost of await unknownActivities(tx, row, activities)) await take(lost);
  if (happened) {
    await write([], []);
    const isSynced = options.withoutSync !== true;
    await writeHead(tx, row, head, now, { wasRunning: row.status === 'RUNNING', isSynced });
    if (scheduled.size > 0) await ring(tx, [...scheduled]);
    if (told !== null && next !== null) await tx.execute(sql`SELECT pg_notify('kintsugi_execution', ${row.arn})`);
  }
  if (head.status !== 'RUNNING') return { state: 'ended', happened };
  return { state: next === null && overlay.isWhole ? 'rest' : 'more', happened };
}

/** Nobody can take the task of an activity that is not there. */
async function unknownActivities(
  tx: Database,
  { account }: ExecutionRow,
  tasks: readonly ScheduledTask[],
): Promise<Happening[]> {
  if (tasks.length === 0) return [];
  const wanted = [...new Set(tasks.map(({ resource }) => resource))];
  const { rows } = await tx.execute<{ arn: string }>(
    sql`SELECT arn FROM activity WHERE account = ${account} AND arn = ANY(${sql.param(wanted)}::text[])`,
  );
  const known = new Set(rows.map(({ arn }) => arn));
  return tasks
    .filter(({ resource }) => !known.has(resource))
    .map(({ scope, task, resource }) => ({
      type: 'taskFailed',
      how: 'ScheduleFailed',
      scope,
      task: task.id,
      error: 'ActivityDoesNotExist',
      cause: `Activity Does Not Exist: '${resource}'`,
    }));
}

/** Servers that run tasks, and workers that wait for those of an activity. */
async function ring(tx: Database, keys: readonly string[]): Promise<void> {
  await tx.execute(sql`SELECT pg_notify('kintsugi_task', key) FROM unnest(${sql.param(keys)}::text[]) AS key`);
}

export async function surroundings(
  tx: Database,
  row: ExecutionRow,
  overlay: Overlay,
  now: Date,
  { limits = AWS_LIMITS, random = randomNumber }: AdvanceOptions = {},
): Promise<Surroundings> {
  return {
    program: await programOf(tx, row),
    execution: {
      arn: row.arn,
      name: row.name,
      stateMachineArn: row.stateMachineArn,
      stateMachineName: row.stateMachineName,
      roleArn: row.roleArn,
      region: row.region,
      input: await unpack<string>(tx, row.arn, row.input),
      startTime: row.startedAt.toISOString(),
      isExpress: row.type === 'EXPRESS',
    },
    head: {
      status: row.status,
      lastEvent: row.lastEvent,
      turn: row.turn,
      redrives: row.redrives,
      output: null,
      error: row.error,
      cause: row.cause,
    },
    reader: overlay.reader,
    now,
    random,
    newId: () => randomBytes(32).toString('base64url'),
    newUuid: randomUUID,
    limits: row.type === 'EXPRESS' ? { ...limits, events: EXPRESS_EVENTS } : limits,
  };
}

function randomNumber(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}

const MOST_PROGRAMS = 200;
const programs = new Map<string, Program>();

/** Definitions never change under their hash, so they are read once. */
export async function programOf(
  tx: Database,
  { account, definitionHash }: Pick<ExecutionRow, 'account' | 'definitionHash'>,
): Promise<Program> {
  const known = programs.get(definitionHash);
  if (known !== undefined) return known;
  const { rows } = await tx.execute<{ definition: string }>(
    sql`SELECT definition FROM workflow_definition WHERE account = ${account} AND hash = ${definitionHash}`,
  );
  if (rows[0] === undefined) throw new Error(`no definition ${definitionHash}`);
  const program = parseDefinition(rows[0].definition);
  if (programs.size >= MOST_PROGRAMS) programs.delete(programs.keys().next().value ?? '');
  programs.set(definitionHash, program);
  return program;
}
