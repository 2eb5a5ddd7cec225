import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Bell } from '../../store/bell.ts';
import type { Database } from '../../store/database.ts';
import { type AdvanceOptions, advanceExecution } from './advance.ts';
import { asMapRunFault, noteFault, TransitionFault } from './faults.ts';
import { leadMapRun } from './map-runs/lead.ts';
import { type Runner, runTask, type TakenTask, takeTasks } from './run-task.ts';
import type { FindTaskRunner } from './task-runner.ts';

const BEAT_MS = 1000;
const MOST_TASKS = 100;
/** Executions that one server takes on at the same time: each holds a connection. */
const MOST_AT_ONCE = 6;
const MOST_DUE = 500;

export interface ExecutionEngineOptions {
  readonly db: Database;
  readonly bell: Bell;
  readonly findTaskRunner: FindTaskRunner;
  readonly now: () => Date;
  /** The store may be away for a while: the engine tells it and goes on. */
  readonly onError: (error: unknown) => void;
  readonly beatMs?: number;
  readonly leaseMs?: number;
  readonly advance?: AdvanceOptions;
}

/**
 * Takes executions on: at once when the bell rings, and every second whatever is due. What there is to do stands in
 * the executions' own rows and a row's lock keeps servers apart, as with commands: any number of servers, no queue.
 */
export class ExecutionEngine {
  readonly #options: ExecutionEngineOptions;
  readonly #runner: Runner;
  readonly #halt = new AbortController();
  readonly #silence: (() => void)[];
  /** Executions and map runs to look at, in order, and those that are looked at. */
  readonly #queue = new Set<string>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #tasks = new Set<Promise<void>>();
  /** Of those, the ones that only wait: they keep no others out. */
  readonly #waiting = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> | null = null;
  /** Where the last look at what is due ended, while there was more than one look takes: none is looked at always first. */
  #after: { readonly due: string; readonly arn: string } | null = null;
  #isRung = false;

  constructor(options: ExecutionEngineOptions) {
    this.#options = options;
    const { db, bell, findTaskRunner, now, advance = {}, leaseMs } = options;
    this.#runner = {
      db,
      name: randomUUID(),
      find: findTaskRunner,
      now,
      advance,
      ...(leaseMs === undefined ? {} : { leaseMs }),
    };
    this.#silence = [
      bell.on('kintsugi_execution', null, (arn) => this.#look(arn)),
      bell.on('kintsugi_map_run', null, (arn) => this.#look(arn)),
      bell.on('kintsugi_task', '', () => this.#beat()),
    ];
    this.#timer = setInterval(() => this.#beat(), options.beatMs ?? BEAT_MS);
    this.#beat();
  }

  /** Ends after the transitions at hand; tasks are given back, and another server starts them again. */
  async stop(): Promise<void> {
    for (const silence of this.#silence) silence();
    clearInterval(this.#timer);
    this.#halt.abort();
    this.#queue.clear();
    await this.#beating;
    await Promise.all([...this.#busy.values(), ...this.#tasks]);
  }

  #beat(): void {
    if (this.#halt.signal.aborted) return;
    if (this.#beating !== null) {
      this.#isRung = true;
      return;
    }
    this.#beating = this.#work()
      .catch(this.#options.onError)
      .finally(() => {
        this.#beating = null;
        if (!this.#isRung) return;
        this.#isRung = false;
        this.#beat();
      });
  }

  async #work(): Promise<void> {
    const { db, now } = this.#options;
    const rows = await this.#due();
    const mapRuns = await db.execute<{ arn: string }>(
      sql`SELECT m.arn FROM map_run m JOIN execution e ON e.arn = m.execution
        WHERE m.due_at <= ${now()} AND (e.retry_at IS NULL OR e.retry_at <= ${now()})
        ORDER BY m.due_at LIMIT ${MOST_DUE}`,
    );
    for (const { arn } of [...mapRuns.rows, ...rows]) this.#look(arn);
    const taken = await takeTasks(this.#runner, MOST_TASKS - (this.#tasks.size - this.#waiting.size));
    for (const task of taken) this.#run(task);
  }

  async #due(): Promise<readonly { readonly arn: string }[]> {
    const { db, now } = this.#options;
    const after = this.#after;
    const { rows } = await db.execute<{ arn: string; due: string }>(sql`
      SELECT arn, due_at::text AS due FROM execution
      WHERE status = 'RUNNING' AND due_at <= ${now()}
        AND (retry_at IS NULL OR retry_at <= ${now()} OR timeout_at <= ${now()})
        AND ${after === null ? sql`true` : sql`(due_at, arn) > (${after.due}::timestamptz, ${after.arn})`}
      ORDER BY due_at, arn LIMIT ${MOST_DUE}`);
    this.#after = rows.length < MOST_DUE ? null : (rows.at(-1) ?? null);
    return rows;
  }

  #look(arn: string): void {
    if (this.#halt.signal.aborted) return;
    this.#queue.add(arn);
    this.#fill();
  }

  #fill(): void {
    for (const arn of this.#queue) {
      if (this.#busy.size >= MOST_AT_ONCE) return;
      if (this.#busy.has(arn)) continue;
      this.#queue.delete(arn);
      const going = this.#advance(arn)
        .catch((error: unknown) => this.#fault(error))
        .catch(this.#options.onError)
        .finally(() => {
          this.#busy.delete(arn);
          this.#fill();
        });
      this.#busy.set(arn, going);
    }
  }

  async #advance(arn: string): Promise<void> {
    const { db, now, advance = {} } = this.#options;
    const isMapRun = /^arn:[^:]+:states:[^:]*:[^:]*:mapRun:/.test(arn);
    const options = { ...advance, skipLocked: true, withoutSync: true };
    const state = isMapRun
      ? await leadMapRun(db, arn, now(), advance).catch(async (error: unknown) => {
          throw await asMapRunFault(db, arn, error);
        })
      : (await advanceExecution(db, arn, null, now(), options)).state;
    // Behind the others: a long one does not hold them up.
    if (state === 'more' && !this.#halt.signal.aborted) this.#queue.add(arn);
  }

  /** One that cannot go on is left alone for a while, and ends after some tries. */
  async #fault(error: unknown): Promise<void> {
    const { db, now, onError } = this.#options;
    onError(error);
    if (error instanceof TransitionFault) await noteFault(db, error, now());
  }

  #run(task: TakenTask): void {
    const waits = (): void => {
      this.#waiting.add(running);
      this.#beat();
    };
    const running = runTask(this.#runner, task, this.#halt.signal, waits)
      .catch(this.#options.onError)
      .finally(() => {
        this.#tasks.delete(running);
        this.#waiting.delete(running);
        this.#beat();
      });
    this.#tasks.add(running);
  }
}
