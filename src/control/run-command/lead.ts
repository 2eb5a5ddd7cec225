import { randomUUID } from 'node:crypto';
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm';
import { KintsugiError } from '../../core/errors.ts';
import { faultMessage } from '../../core/fault-message.ts';
import { isStoreAway } from '../../store/away.ts';
import type { Bell } from '../../store/bell.ts';
import type { Database } from '../../store/database.ts';
import {
  type CommandRow,
  command,
  type InvocationRow,
  invocation,
  ledMessage,
  type PluginResult,
} from '../../store/schema/commands.ts';
import { message } from '../../store/schema/messages.ts';
import { findNode } from '../managed-nodes/nodes.ts';
import { advance } from './engine.ts';
import { runOnce, sendSteps, wasRun, whileLeading } from './node-messenger.ts';
import type { FindOrchestration, LedEnd } from './orchestration.ts';
import { onlyLooks, scanOnlyRefusal } from './scan-only.ts';
import { endInvocation, settleActive } from './settle.ts';

/**
 * A server that has not renewed its lead for this long is taken for dead. It is renewed six times in it, so that a slow
 * answer of the store loses none; and a server that loses one all the same does no harm: whatever counts is held
 * against the lead in the store.
 */
export const LEAD_MS = 15_000;

/** By PostgreSQL's clock: a server whose own is ahead must not take what another one leads. */
const LEAD_END = sql`clock_timestamp() + make_interval(secs => ${LEAD_MS / 1000})`;

export interface Leader {
  readonly db: Database;
  readonly bell: Bell;
  readonly find: FindOrchestration;
  readonly now: () => Date;
}

/**
 * Takes the lead of invocations that nobody leads, `most` of them. What an earlier leader had sent and not seen end is
 * ended first: its answers would be nobody's. What is sent only once goes on: its end is waited for.
 */
export async function takeLeads(leader: Leader, most: number): Promise<InvocationRow[]> {
  if (most <= 0) return [];
  const now = leader.now();
  const taken = await leader.db.transaction(async (tx) => {
    const free = await tx
      .select()
      .from(invocation)
      .where(
        and(
          eq(invocation.stage, 'active'),
          eq(invocation.isOrchestrated, true),
          isNull(invocation.cancelRequestedAt),
          or(isNull(invocation.leaderUntil), lt(invocation.leaderUntil, sql`clock_timestamp()`)),
        ),
      )
      .orderBy(invocation.handedOutAt)
      .limit(most)
      .for('update', { skipLocked: true });
    // Each lead has a name of its own: a server that slept takes over even from itself.
    const rows = free.map((row) => ({ ...row, leader: randomUUID() }));
    for (const { leader: name, ...row } of rows)
      await tx.update(invocation).set({ leader: name, leaderUntil: LEAD_END }).where(identified(row));
    return rows;
  });
  // Not in the transaction above: the engine locks messages before invocations.
  for (const row of taken) await endOpenMessages(leader.db, row, now);
  return taken;
}

async function endOpenMessages(db: Database, { account, commandId, instanceId }: InvocationRow, now: Date) {
  await db
    .update(message)
    .set({ endedAt: now, outcome: 'Withdrawn', changed: false })
    .where(
      and(
        eq(message.account, account),
        eq(message.commandId, commandId),
        eq(message.instanceId, instanceId),
        eq(message.kind, 'send'),
        isNull(message.endedAt),
        sql`NOT EXISTS (SELECT FROM ${ledMessage} WHERE ${ledMessage.account} = ${message.account} AND ${ledMessage.messageId} = ${message.messageId})`,
      ),
    );
}

/**
 * Leads one invocation to its end. `halt` gives the lead up without an end, for a server that stops. Throws where the
 * store is away: that is no end, and once the lead has run out whoever takes it over begins again.
 */
export async function lead(leader: Leader, row: InvocationRow, halt: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const signal = AbortSignal.any([lost.signal, halt]);
  const renewal = setInterval(() => {
    renew(leader, row).then(
      (isMine) => {
        if (!isMine) lost.abort();
      },
      // The store is away: the lead runs out by itself if it stays so.
      () => {},
    );
  }, LEAD_MS / 6);
  try {
    const end = await orchestrate(leader, row, signal);
    if (!signal.aborted) await finish(leader, row, end);
    else if (halt.aborted) await giveUp(leader, row);
  } finally {
    clearInterval(renewal);
  }
}

async function orchestrate(leader: Leader, row: InvocationRow, signal: AbortSignal): Promise<LedEnd> {
  const sent = await commandOf(leader.db, row);
  const procedure = leader.find(sent.orchestration ?? '');
  if (procedure === null) return failed(row, `This server knows no procedure ${sent.orchestration}.`);
  const { account, commandId, instanceId } = row;
  const { db, bell, now } = leader;
  // It was handed out before its node became scan-only, or a server that has ended since led it.
  if (!onlyLooks(sent) && (await findNode(db, account, instanceId))?.scanOnly === true) {
    const begun = row.messages > 0 ? ' What the node had begun of it goes on there.' : '';
    return failed(row, scanOnlyRefusal(sent.documentName) + begun);
  }
  const place = { db, account, commandId, instanceId, documentName: sent.documentName, now, signal };
  const led = { ...place, bell, deliverySeconds: sent.timeoutSeconds, leader: row.leader ?? '' };
  try {
    return await procedure({
      ...place,
      document: sent.document,
      parameters: sent.parameters,
      hooks: sent.hooks ?? {},
      send: (steps, options) => sendSteps(led, steps, options),
      runOnce: (name, rendered) => runOnce(led, name, rendered),
      wasRun: (name) => wasRun(led, name),
      whileLeading: (change) => whileLeading(led, change),
    });
  } catch (error) {
    if (isStoreAway(error)) throw error;
    const isUnreachable = error instanceof KintsugiError && error.code === 'NodeUnreachable';
    const end = failed(row, faultMessage(error));
    return isUnreachable ? { ...end, status: 'TimedOut' } : end;
  }
}

function failed({ plugins }: InvocationRow, reason: string): LedEnd {
  return { status: 'Failed', plugins: plugins ?? [], trace: reason };
}

async function commandOf(db: Database, { account, commandId }: InvocationRow): Promise<CommandRow> {
  const rows = await db
    .select()
    .from(command)
    .where(and(eq(command.account, account), eq(command.commandId, commandId)));
  if (rows[0] === undefined) throw new Error(`no command ${commandId}`);
  return rows[0];
}

/** Only who still leads may end it. The command's row is locked first, as everywhere. */
async function finish(leader: Leader, led: InvocationRow, end: LedEnd): Promise<void> {
  const { account, commandId } = led;
  const now = leader.now();
  await leader.db.transaction(async (tx) => {
    const [sent] = await tx
      .select()
      .from(command)
      .where(and(eq(command.account, account), eq(command.commandId, commandId), isNull(command.completedAt)))
      .for('update');
    if (sent === undefined) return;
    // When the node began may not have been noted yet; and what ended meanwhile has its own end.
    await settleActive(tx, sent, now);
    const [row] = await tx.select().from(invocation).where(identified(led));
    if (row?.stage === 'active' && row.leader === led.leader) await keepEnd(tx, row, end, now);
    await advance(tx, sent, now);
  });
}

async function keepEnd(tx: Database, row: InvocationRow, end: LedEnd, now: Date): Promise<void> {
  const isCancelled = row.cancelRequestedAt !== null && end.status !== 'Success';
  const status = isCancelled ? 'Cancelled' : end.status;
  const timedOut = row.startedAt === null ? 'DeliveryTimedOut' : 'ExecutionTimedOut';
  const statusDetails = status === 'TimedOut' ? timedOut : status;
  await endInvocation(tx, row, { status, statusDetails }, storable(end.trace ?? '').slice(0, 2500), now);
  await tx
    .update(invocation)
    .set({ plugins: end.plugins.length === 0 ? null : end.plugins.map(storablePlugin) })
    .where(identified(row));
}

async function renew(leader: Leader, row: InvocationRow): Promise<boolean> {
  const kept = await leader.db
    .update(invocation)
    .set({ leaderUntil: LEAD_END })
    .where(and(identified(row), isLedBy(row)))
    .returning({ id: invocation.instanceId });
  return kept.length > 0;
}

async function giveUp(leader: Leader, row: InvocationRow): Promise<void> {
  await leader.db
    .update(invocation)
    .set({ leader: null, leaderUntil: null })
    .where(and(identified(row), isLedBy(row)));
}

function isLedBy({ leader }: InvocationRow) {
  return and(eq(invocation.stage, 'active'), eq(invocation.leader, leader ?? ''), isNull(invocation.cancelRequestedAt));
}

function identified({ account, commandId, instanceId }: Pick<InvocationRow, 'account' | 'commandId' | 'instanceId'>) {
  return and(
    eq(invocation.account, account),
    eq(invocation.commandId, commandId),
    eq(invocation.instanceId, instanceId),
  );
}

function storablePlugin(plugin: PluginResult): PluginResult {
  return {
    ...plugin,
    output: storable(plugin.output).slice(0, 2500),
    standardOutput: storable(plugin.standardOutput).slice(0, 24_000),
    standardError: storable(plugin.standardError).slice(0, 8000),
  };
}

/** PostgreSQL takes no NUL in JSON, and no half of a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
