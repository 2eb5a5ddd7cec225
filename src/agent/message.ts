import { COMMAND_ID } from './documents/document-state.ts';
import { isObject, type JsonObject, parseObject } from './wire.ts';

/** A message from the server's queue for this node, judged by its form alone. */
export type Message =
  | { readonly kind: 'command'; readonly messageId: string; readonly commandId: string; readonly payload: JsonObject }
  | { readonly kind: 'cancel'; readonly messageId: string; readonly cancelled: string }
  /** A command that cannot be read: its sender gets to know. */
  | { readonly kind: 'broken'; readonly messageId: string; readonly problem: string }
  /** Nothing that this agent knows. */
  | { readonly kind: 'foreign'; readonly messageId: string; readonly problem: string };

const LONGEST_ID = 256;

/** Reads one of the `Messages` of GetMessages; null for what has no id to answer to. */
export function readMessage(raw: unknown, instanceId: string): Message | null {
  if (!isObject(raw) || typeof raw.MessageId !== 'string') return null;
  const messageId = raw.MessageId;
  if (messageId === '' || messageId.length > LONGEST_ID) return null;
  const topic = typeof raw.Topic === 'string' ? raw.Topic : '';
  const payload = typeof raw.Payload === 'string' ? parseObject(raw.Payload) : null;
  if (topic.startsWith('aws.ssm.sendCommand')) {
    const [, , commandId = '', node] = messageId.split('.');
    if (!COMMAND_ID.test(commandId) || node !== instanceId) {
      return { kind: 'foreign', messageId, problem: 'the message is not for this node' };
    }
    if (payload === null) return { kind: 'broken', messageId, problem: 'encountered error while parsing input' };
    return { kind: 'command', messageId, commandId, payload };
  }
  if (topic.startsWith('aws.ssm.cancelCommand')) {
    const cancelled = payload?.CancelMessageId;
    if (typeof cancelled === 'string') return { kind: 'cancel', messageId, cancelled };
    return { kind: 'foreign', messageId, problem: 'a cancel message that names no command' };
  }
  return { kind: 'foreign', messageId, problem: `no handler for the topic '${topic.slice(0, 100)}'` };
}
