import { createHash } from 'node:crypto';
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { message, messagePayload, messageStep, type Outcome } from '../../store/schema/messages.ts';
import { isStepStatus, type StepResult } from './step-result.ts';

/** One message for one node. */
export interface Posting {
  readonly messageId: string;
  readonly instanceId: string;
  readonly commandId: string;
  readonly ordinal: number;
  /** JSON as the agent takes it. */
  readonly payload: string;
  /** Not given to the node after this time. */
  readonly deliverBy: Date;
  /** How long the node may work on it. */
  readonly executionSeconds: number;
}

/** Agents take a message id apart at its dots. `jobId` is what the agent calls the command. */
export function messageIdOf(jobId: string, instanceId: string): string {
  return `aws.ssm.${jobId}.${instanceId}`;
}

/** Queues messages in this order and wakes the nodes that wait. A message that is queued already is not queued again. */
export async function post(db: Database, account: string, postings: readonly Posting[], now: Date): Promise<void> {
  await insert(db, account, 'send', postings, now);
}

/** Asks the node to stop a message that it has. Doing so twice sends one request. */
export async function postCancel(db: Database, account: string, of: CancelledMessage, now: Date): Promise<void> {
  const digest = createHash('sha256').update(`cancel ${of.messageId}`).digest('hex');
  const jobId = [8, 4, 4, 4, 12].map((length, part) => digest.slice(part * 12, part * 12 + length)).join('-');
  const posting = {
    ...of,
    messageId: messageIdOf(jobId, of.instanceId),
    payload: JSON.stringify({ CancelMessageId: of.messageId }),
    executionSeconds: 0,
  };
  await insert(db, account, 'cancel', [posting], now);
}
type CancelledMessage = Omit<Posting, 'payload' | 'executionSeconds'>;

async function insert(db: Database, account: string, kind: 'send' | 'cancel', postings: readonly Posting[], now: Date) {
  if (postings.length === 0) return;
  const texts = new Map(postings.map(({ payload }) => [hashOf(payload).toString('hex'), payload]));
  await db
    .insert(messagePayload)
    .values([...texts.values()].map((content) => ({ account, hash: hashOf(content), content })))
    .onConflictDoNothing();
  // One parameter for any number of messages.
  const rows = postings.map(({ payload, ...posting }) => ({ ...posting, hash: hashOf(payload).toString('hex') }));
  await db.execute(sql`INSERT INTO message (account, kind, created_at, visible_at, message_id, instance_id, command_id,
      ordinal, payload_hash, deliver_by, execution_seconds)
    SELECT ${account}::text, ${kind}::text, ${now}::timestamptz, ${now}::timestamptz, one->>'messageId',
      one->>'instanceId', one->>'commandId', (one->>'ordinal')::int, decode(one->>'hash', 'hex'),
      (one->>'deliverBy')::timestamptz, (one->>'executionSeconds')::int
    FROM jsonb_array_elements(${JSON.stringify(rows)}::jsonb) WITH ORDINALITY AS posted (one, place)
    ORDER BY place
    ON CONFLICT DO NOTHING`);
  const nodes = sql.param([...new Set(postings.map(({ instanceId }) => instanceId))]);
  await db.execute(sql`SELECT pg_notify('kintsugi_node', id) FROM unnest(${nodes}::text[]) id`);
}

function hashOf(payload: string): Buffer {
  return createHash('sha256').update(payload).digest();
}

/** Ends messages from the server's side: the nodes get them no more, and what they still tell changes no outcome. */
export async function endMessages(
  db: Database,
  account: string,
  messageIds: readonly string[],
  outcome: Outcome,
  now: Date,
): Promise<void> {
  if (messageIds.length === 0) return;
  await db
    .update(message)
    .set({ endedAt: now, outcome, changed: false })
    .where(and(eq(message.account, account), inArray(message.messageId, [...messageIds]), isNull(message.endedAt)));
}

/** The steps that are known of a message, in the order in which they ran. */
export async function stepsOf(db: Database, account: string, messageId: string): Promise<StepResult[]> {
  const rows = await db
    .select()
    .from(messageStep)
    .where(and(eq(messageStep.account, account), eq(messageStep.messageId, messageId)))
    .orderBy(asc(messageStep.startedAt), asc(messageStep.reportedAt), asc(messageStep.name));
  return rows.flatMap(({ account: _, messageId: __, status, ...step }) =>
    isStepStatus(status) ? [{ ...step, status }] : [],
  );
}
