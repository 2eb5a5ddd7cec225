import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq } from 'drizzle-orm';
import { KintsugiError } from '../../core/errors.ts';
import type { Bell } from '../../store/bell.ts';
import type { Database } from '../../store/database.ts';
import { type InvocationRow, invocation, ledMessage, type RenderedDocument } from '../../store/schema/commands.ts';
import { type MessageRow, message } from '../../store/schema/messages.ts';
import { endMessages, messageIdOf, post, stepsOf } from '../messages/outbox.ts';
import type { DocumentStep, StepReply } from './carried-output.ts';
import { judgeMessage } from './judge.ts';

const LOOK_MS = 5000;

export interface Led {
  readonly db: Database;
  readonly bell: Bell;
  readonly account: string;
  readonly commandId: string;
  readonly instanceId: string;
  readonly documentName: string;
  readonly deliverySeconds: number;
  /** The lead's own name: a server that has lost the lead sends nothing. */
  readonly leader: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** Sends the next message of an invocation that this server leads, and waits for its end. */
export async function sendSteps(
  led: Led,
  steps: readonly DocumentStep[],
  { timeoutSeconds }: { timeoutSeconds: number },
): Promise<ReadonlyMap<string, StepReply>> {
  const messageId = await queue(led, contentOf(steps), timeoutSeconds);
  const row = await ended(led, messageId);
  if (row.outcome === 'Cancelled' || row.outcome === 'Withdrawn') throw cancelled(led);
  const told = await stepsOf(led.db, led.account, messageId);
  return new Map(told.map(({ name, ...reply }) => [name, reply]));
}

/**
 * Runs a document in a message that is sent once: its name is stamped in the transaction that posts it, and whoever
 * asks again waits for the same message.
 */
export async function runOnce(led: Led, name: string, document: RenderedDocument) {
  const messageId = await queue(led, document, document.executionSeconds, name);
  const row = await ended(led, messageId);
  if (row.outcome === 'Cancelled' || row.outcome === 'Withdrawn' || row.outcome === null) throw cancelled(led);
  return { outcome: row.outcome, steps: await stepsOf(led.db, led.account, messageId) };
}

export async function wasRun({ db, account, commandId, instanceId }: Led, name: string): Promise<boolean> {
  const key = { account, commandId, instanceId, name };
  return (await db.select().from(ledMessage).where(ofName(key))).length > 0;
}

interface NameKey {
  readonly account: string;
  readonly commandId: string;
  readonly instanceId: string;
  readonly name: string;
}

function ofName({ account, commandId, instanceId, name }: NameKey) {
  return and(
    eq(ledMessage.account, account),
    eq(ledMessage.commandId, commandId),
    eq(ledMessage.instanceId, instanceId),
    eq(ledMessage.name, name),
  );
}

type Content = Pick<RenderedDocument, 'content' | 'parameters'> & { readonly name?: string };

function contentOf(mainSteps: readonly DocumentStep[]): Content {
  return { content: { schemaVersion: '2.2', description: '', parameters: {}, mainSteps }, parameters: {} };
}

/** The place in the order, the message, its mark on the invocation and its name, if it has one, are one transaction. */
async function queue(led: Led, what: Content, timeoutSeconds: number, name?: string): Promise<string> {
  const { account, commandId, instanceId } = led;
  return whileLeading(led, async (tx, row) => {
    const key = { account, commandId, instanceId, name: name ?? '' };
    const [known] = name === undefined ? [] : await tx.select().from(ledMessage).where(ofName(key));
    if (known !== undefined) return known.messageId;
    const now = led.now();
    const jobId = jobIdOf(commandId, row.messages);
    const messageId = messageIdOf(jobId, instanceId);
    const deliverBy = new Date(now.getTime() + led.deliverySeconds * 1000);
    const payload = payloadOf(jobId, what.name ?? led.documentName, what);
    const posting = { messageId, instanceId, commandId, payload, deliverBy, executionSeconds: timeoutSeconds };
    await post(tx, account, [{ ...posting, ordinal: row.messages }], now);
    await tx
      .update(invocation)
      .set({ messages: row.messages + 1 })
      .where(own(led));
    if (name !== undefined) await tx.insert(ledMessage).values({ ...key, messageId });
    return messageId;
  });
}

/**
 * One transaction that holds the invocation's row, so that nobody takes the lead over in the middle of it. Throws
 * CommandCancelled, and changes nothing, where the lead is lost.
 */
export async function whileLeading<T>(led: Led, change: (tx: Database, row: InvocationRow) => Promise<T>): Promise<T> {
  return led.db.transaction(async (tx) => {
    const [row] = await tx.select().from(invocation).where(own(led)).for('update');
    const isLeader = row?.stage === 'active' && row.leader === led.leader && row.cancelRequestedAt === null;
    if (!isLeader || led.signal.aborted) throw cancelled(led);
    return change(tx, row);
  });
}

function own({ account, commandId, instanceId }: Led) {
  return and(
    eq(invocation.account, account),
    eq(invocation.commandId, commandId),
    eq(invocation.instanceId, instanceId),
  );
}

/** An agent knows each message as a command of its own: the first has the command's id, the others are derived from it. */
function jobIdOf(commandId: string, ordinal: number): string {
  if (ordinal === 0) return commandId;
  const digest = createHash('sha256').update(`${commandId} ${ordinal}`).digest('hex');
  const part = (from: number, to: number) => digest.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`;
}

function payloadOf(jobId: string, DocumentName: string, { content, parameters }: Content): string {
  return JSON.stringify({
    CommandId: jobId,
    DocumentName,
    DocumentContent: content,
    Parameters: parameters,
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
    CloudWatchLogGroupName: '',
    CloudWatchOutputEnabled: 'false',
  });
}

/** Waits for the end of a message, and makes one where the node has none in time. */
async function ended(led: Led, messageId: string): Promise<MessageRow> {
  const own = and(eq(message.account, led.account), eq(message.messageId, messageId));
  for (;;) {
    if (led.signal.aborted) throw cancelled(led);
    const rung = ring(led);
    try {
      const [row] = await led.db.select().from(message).where(own);
      if (row === undefined) throw cancelled(led);
      if (row.outcome !== null) return row;
      const verdict = judgeMessage(row, null, led.now());
      if (verdict.kind === 'ended') {
        const isTold = row.toldOutcome !== null;
        await endMessages(led.db, led.account, [messageId], row.toldOutcome ?? 'Withdrawn', led.now());
        if (!isTold) throw unreachable(led, row);
        return { ...row, outcome: row.toldOutcome };
      }
      await rung.next;
    } finally {
      rung.stop();
    }
  }
}

/** Resolves when the command has news, the lead is lost, or after a while, since a ring may be lost. */
function ring(led: Led): { next: Promise<void>; stop: () => void } {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, led.signal]);
  const next = sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  const silence = led.bell.on('kintsugi_command', `${led.account} ${led.commandId}`, () => over.abort());
  const stop = () => {
    silence();
    over.abort();
  };
  return { next, stop };
}

function cancelled({ commandId, instanceId }: Led): KintsugiError {
  return new KintsugiError('CommandCancelled', `${instanceId}: command ${commandId} does not go on.`);
}

function unreachable({ instanceId }: Led, row: MessageRow): KintsugiError {
  const what = row.startedAt === null ? 'did not take its message' : 'did not tell the end of its message';
  return new KintsugiError('NodeUnreachable', `${instanceId} ${what} in time.`);
}
