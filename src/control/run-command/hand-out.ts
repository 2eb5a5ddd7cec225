import { and, asc, eq, gte, isNull, lte, or, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type CommandRow, invocation } from '../../store/schema/commands.ts';
import { node } from '../../store/schema/nodes.ts';
import { ONLINE_MS } from '../managed-nodes/ping-status.ts';
import { messageIdOf, post } from '../messages/outbox.ts';

/**
 * Gives the command to the next `room` nodes, in their order, of those that are there: a node that is away takes no
 * place. The message and its mark on the invocation are one transaction: nothing is sent twice and nothing is lost.
 */
export async function handOut(tx: Database, command: CommandRow, room: number, now: Date): Promise<void> {
  if (room <= 0) return;
  const online = new Date(now.getTime() - ONLINE_MS);
  const rows = await tx
    .select({ instanceId: invocation.instanceId })
    .from(invocation)
    .innerJoin(node, and(eq(node.account, invocation.account), eq(node.instanceId, invocation.instanceId)))
    .where(
      and(
        waitingOf(command),
        gte(node.lastPingAt, online),
        or(isNull(invocation.retryAt), lte(invocation.retryAt, now)),
      ),
    )
    .orderBy(asc(invocation.position))
    .limit(room);
  const ids = rows.map(({ instanceId }) => instanceId);
  if (ids.length === 0) return;
  const { payload } = command;
  const byDelivery = now.getTime() + command.timeoutSeconds * 1000;
  const deliverBy = new Date(Math.min(byDelivery, command.expiresAt.getTime()));
  if (payload !== null)
    await post(
      tx,
      command.account,
      ids.map((instanceId) => ({
        messageId: messageIdOf(command.commandId, instanceId),
        instanceId,
        commandId: command.commandId,
        ordinal: 0,
        payload,
        deliverBy,
        executionSeconds: command.executionSeconds,
      })),
      now,
    );
  await tx
    .update(invocation)
    .set({
      stage: 'active',
      status: 'Pending',
      statusDetails: 'Pending',
      handedOutAt: now,
      ...(payload === null ? {} : { messages: 1 }),
    })
    .where(
      and(
        eq(invocation.account, command.account),
        eq(invocation.commandId, command.commandId),
        sql`${invocation.instanceId} = ANY(${sql.param(ids)}::text[])`,
      ),
    );
}

/** Ends the waiting ones that can never run: their node is gone, or their time is over. */
export async function expireWaiting(tx: Database, command: CommandRow, now: Date): Promise<void> {
  const isGone = sql`NOT EXISTS (SELECT FROM ${node} WHERE ${node.account} = ${invocation.account} AND ${node.instanceId} = ${invocation.instanceId})`;
  await endWaiting(tx, command, { status: 'Failed', statusDetails: 'Undeliverable' }, now, isGone);
  const timedOut = { status: 'TimedOut', statusDetails: 'DeliveryTimedOut' };
  if (command.expiresAt <= now) return endWaiting(tx, command, timedOut, now);
  if (command.requestedAt.getTime() + command.timeoutSeconds * 1000 > now.getTime()) return;
  const online = new Date(now.getTime() - ONLINE_MS);
  const isAway = sql`NOT EXISTS (SELECT FROM ${node} WHERE ${node.account} = ${invocation.account} AND ${node.instanceId} = ${invocation.instanceId} AND ${node.lastPingAt} >= ${online})`;
  await endWaiting(tx, command, timedOut, now, isAway);
}

/** Ends all waiting invocations of a command, or those that meet `which`. */
export async function endWaiting(
  tx: Database,
  command: CommandRow,
  end: { readonly status: string; readonly statusDetails: string; readonly trace?: string },
  now: Date,
  which = sql`true`,
): Promise<void> {
  await tx
    .update(invocation)
    .set({ stage: 'done', ...end, endedAt: now })
    .where(and(waitingOf(command), which));
}

function waitingOf(command: CommandRow) {
  return and(
    eq(invocation.account, command.account),
    eq(invocation.commandId, command.commandId),
    eq(invocation.stage, 'waiting'),
  );
}
