import { and, asc, eq, isNull, lte, or, sql } from 'drizzle-orm';
import { isExhausted } from '../../core/rate-control/budget.ts';
import { parseSize, type Size } from '../../core/rate-control/size.ts';
import { windowSize } from '../../core/rate-control/window.ts';
import type { Database } from '../../store/database.ts';
import { type CommandRow, command, invocation } from '../../store/schema/commands.ts';
import { message } from '../../store/schema/messages.ts';
import { commandState, type Tally } from './command-state.ts';
import { endWaiting, expireWaiting, handOut } from './hand-out.ts';
import { refuseScanOnly } from './scan-only.ts';
import { settleActive } from './settle.ts';

const MOST_AT_ONCE = 100;
/** How soon a command looks again for waiting nodes that have come back. */
const WAITING_MS = 5000;
const QUIET_MS = 60_000;

/**
 * One beat of the engine: every command that is due or has news goes as far as it can. All state is in PostgreSQL and
 * each command is one transaction under a lock of its row, so any number of servers may do this at the same time and
 * may die at any point: what was not committed has not happened, and the next beat anywhere does it. Answers how many
 * commands it has looked at; throws AggregateError of those that failed, once it has looked at all.
 */
export async function advanceCommands(db: Database, now: Date): Promise<number> {
  const hasNews = sql`EXISTS (SELECT FROM ${message} WHERE ${message.account} = ${command.account} AND ${message.commandId} = ${command.commandId} AND ${message.changed})`;
  const due = await db
    .select({ account: command.account, commandId: command.commandId })
    .from(command)
    .where(and(isNull(command.completedAt), or(lte(command.dueAt, now), hasNews)))
    .orderBy(asc(command.dueAt))
    .limit(MOST_AT_ONCE);
  let looked = 0;
  const errors: unknown[] = [];
  for (const { account, commandId } of due) {
    // One command that cannot go on must not hold up those after it.
    const isDone = await advanceCommand(db, account, commandId, now).catch((error: unknown) => {
      errors.push(error);
      return false;
    });
    if (isDone) looked += 1;
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} commands could not go on`);
  return looked;
}

/** The same for one command; false where another server is at it, or it is finished. */
export async function advanceCommand(db: Database, account: string, commandId: string, now: Date): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .select()
      .from(command)
      .where(and(eq(command.account, account), eq(command.commandId, commandId), isNull(command.completedAt)))
      .for('update', { skipLocked: true });
    const row = rows[0];
    if (row === undefined) return false;
    await advance(tx, row, now);
    return true;
  });
}

/** The caller holds the row of the command. */
export async function advance(tx: Database, row: CommandRow, now: Date): Promise<void> {
  const lookAgainAt = await settleActive(tx, row, now);
  await refuseScanOnly(tx, row, now);
  await expireWaiting(tx, row, now);
  let tally = await tallyOf(tx, row);
  const failed = commandState(tally.details, { isExhausted: false, isCancelled: false }).errors;
  const maxErrors = sizeOrOne(row.maxErrors);
  const exhausted = isExhausted(maxErrors, row.targetCount, failed);
  if (row.cancelRequestedAt !== null) {
    await endWaiting(tx, row, { status: 'Cancelled', statusDetails: 'Cancelled' }, now);
  } else if (exhausted) {
    await endWaiting(tx, row, { status: 'Cancelled', statusDetails: 'Terminated' }, now);
  } else if (tally.waiting > 0) {
    const window = windowSize(sizeOrOne(row.maxConcurrency), row.targetCount, tally.done, row.targets.length > 0);
    await handOut(tx, row, Math.min(window - tally.active, tally.waiting), now);
  }
  tally = await tallyOf(tx, row);
  const isCancelled = row.cancelRequestedAt !== null;
  const state = commandState(tally.details, { isExhausted: exhausted, isCancelled });
  const isOver = tally.waiting + tally.active === 0;
  const quiet = now.getTime() + (tally.waiting > 0 ? WAITING_MS : QUIET_MS);
  await tx
    .update(command)
    .set({
      status: tally.started && state.status === 'Pending' ? 'InProgress' : state.status,
      statusDetails: tally.started && state.status === 'Pending' ? 'InProgress' : state.statusDetails,
      completedCount: state.completed,
      errorCount: state.errors,
      deliveryTimedOutCount: state.deliveryTimedOut,
      completedAt: isOver ? now : null,
      dueAt: new Date(Math.min(quiet, lookAgainAt?.getTime() ?? quiet)),
    })
    .where(and(eq(command.account, row.account), eq(command.commandId, row.commandId)));
}

interface Counted {
  readonly details: Tally;
  readonly waiting: number;
  readonly active: number;
  readonly done: number;
  /** The command has been sent to a node at least. */
  readonly started: boolean;
}

async function tallyOf(tx: Database, row: CommandRow): Promise<Counted> {
  const rows = await tx
    .select({ stage: invocation.stage, details: invocation.statusDetails, count: sql<number>`count(*)::int` })
    .from(invocation)
    .where(and(eq(invocation.account, row.account), eq(invocation.commandId, row.commandId)))
    .groupBy(invocation.stage, invocation.statusDetails);
  const details: Record<string, number> = {};
  const stages = { waiting: 0, active: 0, done: 0 };
  for (const { stage, details: name, count } of rows) {
    details[name] = (details[name] ?? 0) + count;
    stages[stage] += count;
  }
  return { details, ...stages, started: stages.active > 0 };
}

function sizeOrOne(text: string): Size {
  return parseSize(text) ?? { unit: 'targets', value: 1 };
}
