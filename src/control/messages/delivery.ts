import { createHash } from 'node:crypto';
import { and, asc, desc, eq, gt, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type MessageRow, message, messagePayload } from '../../store/schema/messages.ts';

/**
 * An agent works on five commands at a time; with more it stops asking, and then not even a request to cancel reaches
 * it. So no node is given more unfinished messages than this.
 */
export const MOST_UNFINISHED = 5;
const MOST_AT_ONCE = 20;
const MILLISECONDS = 1000;

export interface Delivery {
  readonly messageId: string;
  readonly kind: MessageRow['kind'];
  readonly createdAt: Date;
  readonly payload: string;
  readonly digest: string;
}

/**
 * Gives a node what is due: requests to cancel first, then what it was given and has not acknowledged in time, then new
 * messages in their order as far as it has room. Each is hidden for `visibilitySeconds`. Two servers that the node asks
 * at the same time do not both answer: one gets everything.
 */
export async function takeMessages(
  db: Database,
  account: string,
  instanceId: string,
  visibilitySeconds: number,
  now: Date,
): Promise<Delivery[]> {
  return db.transaction(async (tx) => {
    const lock = await tx.execute<{ mine: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${`messages ${instanceId}`}, 0)) AS mine`,
    );
    if (lock.rows[0]?.mine !== true) return [];
    const due = await dueMessages(tx, account, instanceId, now);
    if (due.length === 0) return [];
    let room = MOST_UNFINISHED - (await unfinished(tx, account, instanceId));
    const chosen = due.filter(({ row }) => {
      const isNew = row.kind === 'send' && row.deliveries === 0;
      if (isNew) room -= 1;
      return !isNew || room >= 0;
    });
    await hide(tx, account, chosen, new Date(now.getTime() + visibilitySeconds * MILLISECONDS));
    return chosen.map(({ row, payload }) => ({
      messageId: row.messageId,
      kind: row.kind,
      createdAt: row.createdAt,
      payload,
      digest: createHash('sha256').update(payload).digest('hex'),
    }));
  });
}

interface Due {
  readonly row: MessageRow;
  readonly payload: string;
}

async function dueMessages(tx: Database, account: string, instanceId: string, now: Date): Promise<Due[]> {
  // A row that another transaction holds is being ended: it is passed over.
  return tx
    .select({ row: message, payload: messagePayload.content })
    .from(message)
    .innerJoin(
      messagePayload,
      and(eq(messagePayload.account, message.account), eq(messagePayload.hash, message.payloadHash)),
    )
    .where(
      and(
        eq(message.account, account),
        eq(message.instanceId, instanceId),
        isNull(message.endedAt),
        isNull(message.startedAt),
        // What was never given out is due whatever the clocks of two servers make of its age.
        or(eq(message.deliveries, 0), lte(message.visibleAt, now)),
        gt(message.deliverBy, now),
      ),
    )
    .orderBy(asc(message.kind), desc(sql`${message.deliveries} > 0`), asc(message.sequence))
    .limit(MOST_AT_ONCE)
    .for('update', { of: message, skipLocked: true });
}

async function unfinished(tx: Database, account: string, instanceId: string): Promise<number> {
  const rows = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(message)
    .where(
      and(
        eq(message.account, account),
        eq(message.instanceId, instanceId),
        eq(message.kind, 'send'),
        isNull(message.endedAt),
        gt(message.deliveries, 0),
      ),
    );
  return rows[0]?.count ?? 0;
}

async function hide(tx: Database, account: string, chosen: readonly Due[], until: Date): Promise<void> {
  const ids = chosen.map(({ row }) => row.messageId);
  if (ids.length === 0) return;
  await tx
    .update(message)
    .set({ deliveries: sql`${message.deliveries} + 1`, visibleAt: until })
    .where(and(eq(message.account, account), inArray(message.messageId, ids)));
}
