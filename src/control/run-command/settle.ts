import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type CommandRow, type InvocationRow, invocation } from '../../store/schema/commands.ts';
import { type MessageRow, message } from '../../store/schema/messages.ts';
import { node } from '../../store/schema/nodes.ts';
import { endMessages } from '../messages/outbox.ts';
import { judgeMessage, type Verdict } from './judge.ts';

const RETRY_MS = 30_000;

interface Active {
  readonly row: InvocationRow;
  /** The latest one. */
  readonly message: MessageRow | null;
  /** When the node began with the first one. */
  readonly begunAt: Date | null;
  readonly isRegistered: boolean;
}

/**
 * Brings every invocation at work up to what its message says. The caller holds the command's row, so that one server
 * at a time does this. Answers when to look again at the latest, whatever the nodes tell.
 */
export async function settleActive(tx: Database, command: CommandRow, now: Date): Promise<Date | null> {
  // News that comes after this line sets the mark again.
  await tx
    .update(message)
    .set({ changed: false })
    .where(and(eq(message.account, command.account), eq(message.commandId, command.commandId), message.changed));
  let next: Date | null = null;
  for (const active of await activeOf(tx, command)) {
    const verdict = judge(active, command, now);
    await apply(tx, active, verdict, now);
    if (verdict.kind === 'goes-on' && (next === null || verdict.lookAgainAt < next)) next = verdict.lookAgainAt;
  }
  return next;
}

/** Three plain questions, joined here: a join of fresh tables that PostgreSQL knows nothing of yet can take a minute. */
async function activeOf(tx: Database, { account, commandId }: CommandRow): Promise<Active[]> {
  const rows = await tx
    .select()
    .from(invocation)
    .where(and(eq(invocation.account, account), eq(invocation.commandId, commandId), eq(invocation.stage, 'active')));
  if (rows.length === 0) return [];
  const ids = sql.param(rows.map(({ instanceId }) => instanceId));
  const messages = await tx
    .select()
    .from(message)
    .where(
      and(
        eq(message.account, account),
        eq(message.commandId, commandId),
        eq(message.kind, 'send'),
        sql`${message.instanceId} = ANY(${ids}::text[])`,
      ),
    )
    .orderBy(message.ordinal);
  const nodes = await tx
    .select({ id: node.instanceId })
    .from(node)
    .where(and(eq(node.account, account), sql`${node.instanceId} = ANY(${ids}::text[])`));
  const latest = new Map(messages.map((one) => [one.instanceId, one]));
  const begun = new Map<string, Date>();
  for (const { instanceId, startedAt } of messages) {
    if (startedAt !== null && !begun.has(instanceId)) begun.set(instanceId, startedAt);
  }
  const registered = new Set(nodes.map(({ id }) => id));
  return rows.map((row) => ({
    row,
    message: latest.get(row.instanceId) ?? null,
    begunAt: begun.get(row.instanceId) ?? null,
    isRegistered: registered.has(row.instanceId),
  }));
}

const UNDELIVERABLE: Verdict = { kind: 'ended', status: 'Failed', statusDetails: 'Undeliverable' };

function judge({ row, message, begunAt, isRegistered }: Active, command: CommandRow, now: Date): Verdict {
  if (!isRegistered) return UNDELIVERABLE;
  if (row.isOrchestrated) return judgeOrchestrated(row, message, begunAt, command, now);
  if (message === null) return UNDELIVERABLE;
  return judgeMessage(message, row.cancelRequestedAt, now);
}

/** The server that leads it deals with the ends of its messages, also of those that no node took; here only its own deadlines count. */
function judgeOrchestrated(
  row: InvocationRow,
  message: MessageRow | null,
  begunAt: Date | null,
  command: CommandRow,
  now: Date,
): Verdict {
  const from = row.startedAt ?? row.handedOutAt ?? now;
  const seconds = command.executionSeconds + (row.startedAt === null ? command.timeoutSeconds : 0);
  const endBy = new Date(from.getTime() + seconds * 1000);
  if (endBy <= now) return { kind: 'ended', status: 'TimedOut', statusDetails: 'ExecutionTimedOut' };
  const cancelBy = new Date((row.cancelRequestedAt ?? endBy).getTime() + 5 * 60_000);
  if (row.cancelRequestedAt !== null && (cancelBy <= now || message?.outcome))
    return { kind: 'ended', status: 'Cancelled', statusDetails: 'Cancelled' };
  const hasStarted = row.startedAt !== null || begunAt !== null;
  return { kind: 'goes-on', hasStarted, lookAgainAt: cancelBy < endBy ? cancelBy : endBy };
}

async function apply(tx: Database, { row, message, begunAt }: Active, verdict: Verdict, now: Date): Promise<void> {
  if (verdict.kind === 'goes-on') {
    if (verdict.hasStarted && row.startedAt === null) {
      const status = row.cancelRequestedAt === null ? 'InProgress' : 'Cancelling';
      await change(tx, row, { startedAt: begunAt ?? now, status, statusDetails: status });
    }
    return;
  }
  if (verdict.kind === 'take-back') {
    if (message !== null && (await takeBack(tx, message)))
      await change(tx, row, {
        stage: 'waiting',
        status: 'Delayed',
        statusDetails: 'Delayed',
        messages: row.messages - 1,
        retryAt: new Date(now.getTime() + RETRY_MS),
      });
    return;
  }
  await endInvocation(tx, row, verdict, message?.trace ?? '', now, begunAt);
}

/** Only what was never given out: had the node fetched it in this moment, it keeps it. */
async function takeBack(tx: Database, row: MessageRow): Promise<boolean> {
  const gone = await tx
    .delete(message)
    .where(
      and(
        eq(message.account, row.account),
        eq(message.messageId, row.messageId),
        eq(message.deliveries, 0),
        isNull(message.startedAt),
        isNull(message.endedAt),
      ),
    )
    .returning({ id: message.messageId });
  return gone.length > 0;
}

/** Ends an invocation with all of its messages; nothing that the node still tells changes it. */
export async function endInvocation(
  tx: Database,
  row: InvocationRow,
  end: { readonly status: string; readonly statusDetails: string },
  trace: string,
  now: Date,
  startedAt: Date | null = null,
): Promise<void> {
  const open = await tx
    .select({ id: message.messageId })
    .from(message)
    .where(
      and(
        eq(message.account, row.account),
        eq(message.commandId, row.commandId),
        eq(message.instanceId, row.instanceId),
        eq(message.kind, 'send'),
        isNull(message.endedAt),
      ),
    );
  const ids = open.map(({ id }) => id);
  await endMessages(tx, row.account, ids, 'Withdrawn', now);
  await change(tx, row, {
    stage: 'done',
    status: end.status,
    statusDetails: end.statusDetails,
    startedAt: row.startedAt ?? startedAt,
    endedAt: now,
    trace,
    leader: null,
    leaderUntil: null,
  });
}

async function change(tx: Database, row: InvocationRow, values: Partial<InvocationRow>): Promise<void> {
  await tx
    .update(invocation)
    .set(values)
    .where(
      and(
        eq(invocation.account, row.account),
        eq(invocation.commandId, row.commandId),
        eq(invocation.instanceId, row.instanceId),
      ),
    );
}
