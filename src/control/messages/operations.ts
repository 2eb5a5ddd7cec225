import { z } from 'zod';
import type { Bell } from '../../store/bell.ts';
import type { Call, Operations } from '../call.ts';
import { actingNode } from '../managed-nodes/acting-node.ts';
import { checked, text } from '../managed-nodes/hidden-input.ts';
import { acknowledge, fail, lockMessage, takeReply } from './answers.ts';
import { type Delivery, takeMessages } from './delivery.ts';
import { readReply } from './reply.ts';

interface Needs {
  readonly bell: Bell;
  /** How long GetMessages waits for one; agents give up after 20 s. */
  readonly pollMs?: number;
  /** What GetEndpoint answers: the address of this server as nodes reach it. Without it the operation is not served. */
  readonly endpoint?: string;
}

const POLL_MS = 15_000;
const POLL = z.object({
  Destination: text(124),
  MessagesRequestId: text(60),
  VisibilityTimeoutInSeconds: z.number().int().optional(),
});
const MESSAGE = z.object({ MessageId: text(200) });
const REPLY = z.object({ MessageId: text(200), ReplyId: text(60), Payload: z.string().max(4_000_000) });
const FAILURE = z.object({ MessageId: text(200), FailureType: text(60) });

/**
 * The message delivery service of amazon-ssm-agent (`EC2WindowsMessageDeliveryService`, signed as `ec2messages`). Every
 * call is a node's own; it sees and answers its own messages alone.
 */
export function messageOperations({ bell, pollMs = POLL_MS, endpoint }: Needs): Operations {
  async function GetMessages(call: Call, input: object) {
    const { Destination, MessagesRequestId, VisibilityTimeoutInSeconds: asked = 10 } = checked(POLL, input);
    const instanceId = actingNode(call, Destination);
    const visibility = Math.min(Math.max(asked, 10), 120);
    const began = performance.now();
    const present = () => new Date(call.now.getTime() + performance.now() - began);
    const take = () => takeMessages(call.db, call.account, instanceId, visibility, present());
    const ring = ringOf(bell, instanceId);
    try {
      let found = await take();
      for (let left = pollMs; found.length === 0 && left > 0 && !call.signal?.aborted; ) {
        await ring.next(left, call.signal);
        if (call.signal?.aborted) break;
        found = await take();
        left = pollMs - (performance.now() - began);
      }
      return { Destination, MessagesRequestId, Messages: found.map((one) => wireMessage(one, call, Destination)) };
    } finally {
      ring.stop();
    }
  }

  return {
    GetMessages,
    AcknowledgeMessage,
    SendReply,
    FailMessage,
    DeleteMessage: AcknowledgeMessage,
    ...(endpoint === undefined ? {} : { GetEndpoint: getEndpoint(endpoint) }),
  };
}

function wireMessage({ messageId, kind, createdAt, payload, digest }: Delivery, call: Call, destination: string) {
  return {
    CreatedDate: createdAt.toISOString(),
    Destination: destination,
    MessageId: messageId,
    Payload: payload,
    PayloadDigest: digest,
    Topic: `aws.ssm.${kind}Command.${call.region}.1`,
  };
}

/** A ring between two waits is kept, so that a message that comes while the store is asked is not slept through. */
function ringOf(bell: Bell, instanceId: string) {
  let hasRung = false;
  let wake: (() => void) | null = null;
  const stop = bell.on('kintsugi_node', instanceId, () => {
    hasRung = true;
    wake?.();
  });
  const next = (ms: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        wake = null;
        hasRung = false;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
      wake = done;
      if (hasRung || signal?.aborted) done();
    });
  return { next, stop };
}

async function AcknowledgeMessage(call: Call, input: object): Promise<object> {
  const { MessageId } = checked(MESSAGE, input);
  const instanceId = actingNode(call);
  await call.db.transaction(async (tx) => {
    const row = await lockMessage(tx, call.account, instanceId, MessageId);
    if (row !== null) await acknowledge(tx, row, call.now);
  });
  return {};
}

/** An agent keeps a reply that was refused and sends it for hours: one for a message that is gone is taken and dropped. */
async function SendReply(call: Call, input: object) {
  const { MessageId, ReplyId, Payload } = checked(REPLY, input);
  const instanceId = actingNode(call);
  const isKnown = await call.db.transaction(async (tx) => {
    const row = await lockMessage(tx, call.account, instanceId, MessageId);
    if (row !== null) await takeReply(tx, row, readReply(Payload, call.now), call.now);
    return row !== null;
  });
  return isKnown
    ? { Description: '', MessageId, ReplyId, ReplyStatus: 'Received' }
    : { Description: 'The message is not known here.', MessageId, ReplyId, ReplyStatus: 'Dropped' };
}

async function FailMessage(call: Call, input: object): Promise<object> {
  const { MessageId, FailureType } = checked(FAILURE, input);
  const instanceId = actingNode(call);
  await call.db.transaction(async (tx) => {
    const row = await lockMessage(tx, call.account, instanceId, MessageId);
    if (row !== null) await fail(tx, row, `The agent could not handle the message: ${FailureType}`, call.now);
  });
  return {};
}

function getEndpoint(Endpoint: string) {
  return async (call: Call, input: object) => {
    actingNode(call, checked(z.object({ Destination: text(124) }), input).Destination);
    return { Endpoint };
  };
}
