import { and, count, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type MessageRow, message, messageStep } from '../../store/schema/messages.ts';
import type { Reply } from './reply.ts';
import { isStepStatus, mergeSteps, type StepStatus } from './step-result.ts';

const MOST_STEPS_OF_A_MESSAGE = 400;
const RUN_TO_AN_END = ['Success', 'Failed', 'TimedOut', 'Cancelled'];

/** The message of this id that was given to this node, locked; null where there is none. */
export async function lockMessage(
  tx: Database,
  account: string,
  instanceId: string,
  messageId: string,
): Promise<MessageRow | null> {
  const rows = await tx
    .select()
    .from(message)
    .where(and(eq(message.account, account), eq(message.messageId, messageId), eq(message.instanceId, instanceId)))
    .for('update');
  return rows[0] ?? null;
}

/** The node has the message: it is not given out again, and its time to work on it begins. */
export async function acknowledge(tx: Database, row: MessageRow, now: Date): Promise<void> {
  if (row.endedAt !== null) return;
  // Nothing more comes of a request to cancel.
  if (row.kind === 'cancel') return change(tx, row, { startedAt: now, endedAt: now, outcome: 'Success' }, false);
  if (row.startedAt === null) await change(tx, row, { startedAt: now }, true);
}

/** Takes a reply in: once is as good as many times, in whatever order. A message that has ended keeps its outcome. */
export async function takeReply(tx: Database, row: MessageRow, reply: Reply, now: Date): Promise<void> {
  if (row.kind === 'cancel') return;
  await mergeIn(tx, row, reply);
  if (row.endedAt !== null) return;
  const told = row.toldOutcome ?? reply.outcome;
  const toldSteps = row.toldSteps ?? (reply.outcome === null ? null : reply.countedSteps);
  const values: Partial<MessageRow> = { startedAt: row.startedAt ?? now };
  if (told === null) {
    if (row.startedAt === null) await change(tx, row, values, true);
    return;
  }
  if (row.toldOutcome === null)
    Object.assign(values, { toldOutcome: told, toldAt: now, toldSteps, trace: reply.trace });
  const isComplete = (await doneSteps(tx, row)) >= (toldSteps ?? 0);
  if (isComplete) Object.assign(values, { endedAt: now, outcome: told });
  await change(tx, row, values, true);
}

/** The agent could make nothing of the message. */
export async function fail(tx: Database, row: MessageRow, reason: string, now: Date): Promise<void> {
  if (row.endedAt !== null) return;
  const startedAt = row.startedAt ?? now;
  await change(tx, row, { startedAt, endedAt: now, outcome: 'Failed', trace: reason }, row.kind === 'send');
}

async function mergeIn(tx: Database, row: MessageRow, { steps }: Reply): Promise<void> {
  if (steps.length === 0) return;
  const ofMessage = and(eq(messageStep.account, row.account), eq(messageStep.messageId, row.messageId));
  // Of a long output only what the reply is about is read again.
  const names = steps.map(({ name }) => name);
  const known = await tx
    .select()
    .from(messageStep)
    .where(and(ofMessage, inArray(messageStep.name, names)));
  const counted = await tx.select({ all: count() }).from(messageStep).where(ofMessage);
  const before = new Map(known.map(({ account: _, messageId: __, ...step }) => [step.name, step]));
  let room = MOST_STEPS_OF_A_MESSAGE - (counted[0]?.all ?? 0);
  for (const step of steps) {
    const earlier = before.get(step.name);
    if (earlier === undefined) room -= 1;
    if (earlier === undefined && room < 0) continue;
    const isKnown = earlier !== undefined && isStepStatus(earlier.status);
    const merged = isKnown ? mergeSteps({ ...earlier, status: earlier.status as StepStatus }, step) : step;
    before.set(step.name, merged);
    await tx
      .insert(messageStep)
      .values({ ...merged, account: row.account, messageId: row.messageId })
      .onConflictDoUpdate({ target: [messageStep.account, messageStep.messageId, messageStep.name], set: merged });
  }
}

async function doneSteps(tx: Database, row: MessageRow): Promise<number> {
  const rows = await tx
    .select({ done: count() })
    .from(messageStep)
    .where(
      and(
        eq(messageStep.account, row.account),
        eq(messageStep.messageId, row.messageId),
        inArray(messageStep.status, RUN_TO_AN_END),
      ),
    );
  return rows[0]?.done ?? 0;
}

async function change(tx: Database, row: MessageRow, values: Partial<MessageRow>, isNews: boolean): Promise<void> {
  await tx
    .update(message)
    .set(isNews ? { ...values, changed: true } : values)
    .where(and(eq(message.account, row.account), eq(message.messageId, row.messageId)));
  if (isNews) await tx.execute(sql`SELECT pg_notify('kintsugi_command', ${`${row.account} ${row.commandId}`})`);
}
