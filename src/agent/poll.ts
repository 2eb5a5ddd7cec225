import { randomUUID } from 'node:crypto';
import { backoffMs, sleep } from './backoff.ts';
import type { Host } from './host.ts';
import { type Message, readMessage } from './message.ts';

/** The server holds a question for about 15 seconds when it has nothing to say. */
const ANSWER_TIMEOUT_MS = 20_000;
const VISIBILITY_SECONDS = 10;
/** An empty answer that comes sooner is none to ask again at once after. */
const QUICK_MS = 1000;
const PAUSE_MS = 2000;
const PAUSE_SPREAD_MS = 500;
const MOST_MESSAGES = 100;

export interface Poll {
  readonly host: Host;
  /** Takes a message in; false when there was nothing new in it. */
  readonly take: (message: Message) => Promise<boolean>;
  /** Called after each answer that had no message. */
  readonly onQuiet?: () => void;
  readonly signal: AbortSignal;
}

/** Asks for messages until `signal` is raised. A server that is away is asked again more and more seldom. */
export async function poll({ host, take, onQuiet, signal }: Poll): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const asked = performance.now();
    try {
      const messages = await getMessages(host, signal);
      failures = 0;
      let isNew = false;
      for (const message of messages) isNew = (await take(message)) || isNew;
      if (messages.length === 0) onQuiet?.();
      const isQuick = performance.now() - asked < QUICK_MS;
      if (!isNew && isQuick) await sleep(PAUSE_MS + PAUSE_SPREAD_MS * host.random(), signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === 1) host.log(`no messages: ${(error as Error).message}`);
      await sleep(backoffMs(failures, host.random), signal);
    }
  }
}

async function getMessages(host: Host, signal: AbortSignal): Promise<Message[]> {
  const question = {
    Destination: host.instanceId,
    MessagesRequestId: randomUUID(),
    VisibilityTimeoutInSeconds: VISIBILITY_SECONDS,
  };
  const options = { timeoutMs: ANSWER_TIMEOUT_MS, signal };
  const { Messages } = await host.session.call('ec2messages', 'GetMessages', question, options);
  const raw: readonly unknown[] = Array.isArray(Messages) ? Messages.slice(0, MOST_MESSAGES) : [];
  return raw.map((one) => readMessage(one, host.instanceId)).filter((one) => one !== null);
}
