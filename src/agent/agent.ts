import { sleep } from './backoff.ts';
import { DocumentRun, putReply } from './documents/document-run.ts';
import { type DocumentState, newDocument, readDocuments, savePlan } from './documents/document-state.ts';
import { parseDocument } from './documents/parse-document.ts';
import { beat } from './heartbeat.ts';
import type { Host } from './host.ts';
import type { Message } from './message.ts';
import { poll } from './poll.ts';
import { requestReboot } from './reboot.ts';
import { forgetOldMessages, noteTaken, wasTaken } from './taken-messages.ts';

export interface AgentOptions {
  /** A shell command in the place of the machine's reboot, for labs; null for the real one. */
  readonly rebootCommand: string | null;
  /** Stop once there is no message and nothing left to do. */
  readonly once: boolean;
}

/** The server is told to keep it at five; more wait here. */
const AT_ONCE = 5;
/** What more comes is not taken in, so that the server delivers it again. */
const MOST_WAITING = 50;
const FORGET_EVERY_MS = 60_000;
const TROUBLE_MS = 30_000;
/** What is said last should be heard before the machine goes down, but does not hold it up: it is kept. */
const LAST_WORDS_MS = 5000;

/** A managed node's agent: takes documents in, runs them, and tells how they came out. */
export class Agent {
  readonly #host: Host;
  readonly #options: AgentOptions;
  /** Raised when the agent is to end. */
  readonly #stop: AbortSignal;
  /** Raised when it takes nothing more in: at its end, and while it waits for a reboot. */
  readonly #closed = new AbortController();
  /** Raised when it has nothing left to do. */
  readonly #idle = new AbortController();
  readonly #runs = new Map<string, DocumentRun>();
  readonly #waiting: DocumentRun[] = [];
  readonly #working = new Set<Promise<void>>();
  #rebooting: Promise<void> | null = null;

  constructor(host: Host, options: AgentOptions, stop: AbortSignal) {
    this.#host = host;
    this.#options = options;
    this.#stop = stop;
  }

  /** Works until it is stopped. Scripts that run then go on, and the next agent takes their watch up. */
  async work(): Promise<void> {
    const end = AbortSignal.any([this.#stop, this.#idle.signal]);
    const open = AbortSignal.any([end, this.#closed.signal]);
    const sending = this.#host.outbox.run(end);
    const beating = beat(this.#host, end);
    const unfinished = await readDocuments(this.#host.folder.documents, { tidy: true });
    for (const document of unfinished) this.#resume(document);
    await Promise.all([
      this.#forget(open),
      poll({ host: this.#host, signal: open, take: (message) => this.#take(message), onQuiet: () => this.#settle() }),
    ]);
    while (this.#working.size > 0) await Promise.all(this.#working);
    if (this.#rebooting !== null) await this.#rebooting;
    if (this.#rebooting !== null && !this.#options.once) await sleep(2 ** 31 - 1, this.#stop);
    this.#idle.abort();
    await Promise.all([sending, beating]);
  }

  #resume(document: DocumentState): void {
    const isSameBoot = document.rebootFrom !== null && document.rebootFrom === this.#host.facts.bootId;
    // A command that stands in for the reboot leaves the kernel running: there, the agent's own start is the sign.
    if (isSameBoot && this.#options.rebootCommand === null) this.#reboot();
    else this.#enqueue(new DocumentRun(this.#host, document));
  }

  /** False when there was nothing new in the message. */
  async #take(message: Message): Promise<boolean> {
    switch (message.kind) {
      case 'command':
        return this.#takeCommand(message);
      case 'cancel':
        return this.#takeCancel(message);
      case 'broken':
        this.#host.log(`${message.messageId}: ${message.problem}`);
        await this.#say(message.messageId, message.messageId, { documentStatus: 'Failed', trace: message.problem });
        return false;
      case 'foreign': {
        this.#host.log(`${message.messageId}: ${message.problem}`);
        const body = { MessageId: message.messageId, FailureType: 'InternalHandlerException' };
        await this.#host.outbox.put({ operation: 'FailMessage', topic: message.messageId, body });
        return false;
      }
    }
  }

  async #takeCommand(message: Message & { kind: 'command' }): Promise<boolean> {
    const { messageId, commandId, payload } = message;
    const { folder } = this.#host;
    if (this.#runs.has(commandId) || (await wasTaken(folder.messages, messageId, this.#host.now()))) {
      await this.#welcome(messageId, commandId);
      return false;
    }
    if (this.#waiting.length >= MOST_WAITING) return false;
    const parsed = parseDocument(payload.DocumentContent, payload.Parameters);
    if (!parsed.ok) {
      await this.#say(messageId, commandId, { documentStatus: 'Failed', trace: parsed.problem });
      return false;
    }
    const documentName = typeof payload.DocumentName === 'string' ? payload.DocumentName : '';
    const receivedAt = this.#host.now().toISOString();
    const document = newDocument(folder.documents, {
      messageId,
      commandId,
      documentName,
      receivedAt,
      steps: parsed.steps,
    });
    await savePlan(document);
    await noteTaken(folder.messages, messageId);
    await this.#welcome(messageId, commandId);
    this.#enqueue(new DocumentRun(this.#host, document));
    return true;
  }

  async #takeCancel({ messageId, cancelled }: Message & { kind: 'cancel' }): Promise<boolean> {
    const run = [...this.#runs.values()].find(({ document }) => document.messageId === cancelled);
    if (run === undefined || run.document.cancelMessageId !== null) {
      await this.#welcome(messageId, run?.document.commandId ?? messageId);
      return false;
    }
    await this.#say(messageId, run.document.commandId, { documentStatus: 'InProgress' });
    await run.cancel(messageId);
    // One that waits has nothing to wait for any more.
    const place = this.#waiting.indexOf(run);
    if (place >= 0) this.#launch(...this.#waiting.splice(place, 1));
    return true;
  }

  /** A message is in good hands, whether it has just come or had come before. */
  async #welcome(messageId: string, topic: string): Promise<void> {
    await this.#say(messageId, topic, { documentStatus: 'InProgress' });
    const body = { MessageId: messageId };
    await this.#host.outbox.put({ operation: 'AcknowledgeMessage', topic, body });
  }

  async #say(messageId: string, topic: string, reply: { documentStatus: 'InProgress' | 'Failed'; trace?: string }) {
    await putReply(this.#host, messageId, topic, { runtimeStatus: null, ...reply });
  }

  #enqueue(run: DocumentRun): void {
    this.#runs.set(run.document.commandId, run);
    this.#waiting.push(run);
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#working.size < AT_ONCE && !this.#stop.aborted && this.#rebooting === null) {
      const run = this.#waiting.shift();
      if (run === undefined) return;
      this.#launch(run);
    }
  }

  #launch(...runs: readonly DocumentRun[]): void {
    for (const run of runs) {
      const work = this.#runOne(run).finally(() => {
        this.#working.delete(work);
        this.#startWaiting();
      });
      this.#working.add(work);
    }
  }

  async #runOne(run: DocumentRun): Promise<void> {
    const { commandId } = run.document;
    try {
      const end = await run.run(this.#stop);
      if (end === 'over') this.#runs.delete(commandId);
      if (end === 'reboot') this.#reboot();
    } catch (error) {
      this.#host.log(`${commandId}: ${(error as Error).message}`);
      await sleep(TROUBLE_MS, this.#stop);
      // A disk that was full may have room by now: it goes on from what is known to have happened.
      this.#enqueue(new DocumentRun(this.#host, run.document));
    }
  }

  #reboot(): void {
    this.#closed.abort();
    this.#rebooting ??= (async () => {
      await this.#host.outbox.settled(LAST_WORDS_MS);
      this.#host.log('a step asks for a reboot');
      await requestReboot(this.#options.rebootCommand, this.#host.log, this.#stop);
    })();
  }

  #settle(): void {
    if (this.#options.once && this.#runs.size === 0 && this.#host.outbox.size === 0) this.#idle.abort();
  }

  async #forget(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await forgetOldMessages(this.#host.folder.messages, this.#host.now()).catch((error: unknown) => {
        this.#host.log((error as Error).message);
      });
      await sleep(FORGET_EVERY_MS, signal);
    }
  }
}
