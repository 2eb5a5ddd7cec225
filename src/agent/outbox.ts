import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs, sleep } from './backoff.ts';
import { isMissing, readState, removeState, writeState } from './state-file.ts';
import { isObject, type JsonObject, parseObject, ServiceError } from './wire.ts';

export type Outgoing = 'SendReply' | 'AcknowledgeMessage' | 'FailMessage';

/** A call to the message service that the server must get, in order with all others about the same message. */
export interface OutgoingCall {
  readonly operation: Outgoing;
  readonly topic: string;
  readonly body: JsonObject;
}

interface Waiting extends OutgoingCall {
  readonly path: string;
  readonly since: number;
}

export interface OutboxOptions {
  readonly folder: string;
  readonly deliver: (operation: Outgoing, body: JsonObject) => Promise<unknown>;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

/** Run Command waits for no command longer than two days. */
const KEPT_MS = 48 * 3600_000;
/** Errors that say something of the moment, of our keys or of a proxy on the way, not of the call. */
const PASSING =
  /^HTTP |Throttl|Expired|TooManyUpdates|AccessDenied|UnrecognizedClient|Signature|ClientToken|TimeTooSkewed/;

/**
 * What the node has to say, on disk until the server has it. Calls with one topic (a command's id) are sent in the order
 * in which they were put in, over restarts as well; a topic that the server chokes on does not hold up the others.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: Waiting[] = [];
  readonly #deferred = new Map<string, { failures: number; until: number }>();
  #next = 0;
  #failures = 0;
  #wake: () => void = () => {};
  #emptied: Array<() => void> = [];

  private constructor(options: OutboxOptions) {
    this.#options = options;
  }

  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    for (const name of await storedNames(options.folder)) {
      const path = join(options.folder, name);
      const call = parseObject((await readState(path)) ?? '');
      outbox.#next = Math.max(outbox.#next, Number.parseInt(name, 10) + 1);
      if (isCall(call)) outbox.#waiting.push({ ...call, path, since: (await stat(path)).mtimeMs });
      else await removeState(path);
    }
    return outbox;
  }

  get size(): number {
    return this.#waiting.length;
  }

  async put(call: OutgoingCall): Promise<void> {
    const name = `${String(this.#next++).padStart(12, '0')}.json`;
    const path = join(this.#options.folder, name);
    await writeState(path, JSON.stringify(call));
    this.#waiting.push({ ...call, path, since: Date.now() });
    this.#wake();
  }

  /** Sends what is there and what comes, until `signal` is raised. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const call = this.#nextDue();
      if (call !== undefined) await this.#attempt(call, signal);
      else await this.#pause();
    }
  }

  /** Resolves once nothing waits any more, or after `ms`. */
  async settled(ms: number): Promise<void> {
    if (this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#emptied.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #nextDue(): Waiting | undefined {
    const now = performance.now();
    const held = new Set<string>();
    return this.#waiting.find(({ topic }) => {
      if (held.has(topic)) return false;
      held.add(topic);
      return (this.#deferred.get(topic)?.until ?? 0) <= now;
    });
  }

  #pause(): Promise<void> {
    const untils = [...this.#deferred.values()].map(({ until }) => until - performance.now());
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(50, Math.min(60_000, ...untils)));
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }

  async #attempt(call: Waiting, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.deliver(call.operation, call.body);
      this.#failures = 0;
      await this.#drop(call);
    } catch (error) {
      const { message } = error as Error;
      const isFinal = error instanceof ServiceError && error.status < 500 && !PASSING.test(error.code);
      if (isFinal || Date.now() - call.since > KEPT_MS) {
        this.#options.log(`gave up ${call.operation} for ${call.topic}: ${message}`);
        await this.#drop(call);
      } else if (error instanceof ServiceError) {
        const failures = (this.#deferred.get(call.topic)?.failures ?? 0) + 1;
        const until = performance.now() + backoffMs(failures, this.#options.random);
        this.#deferred.set(call.topic, { failures, until });
      } else {
        this.#failures += 1;
        await sleep(backoffMs(this.#failures, this.#options.random), signal);
      }
    }
  }

  async #drop(call: Waiting): Promise<void> {
    await removeState(call.path);
    this.#waiting.splice(this.#waiting.indexOf(call), 1);
    this.#deferred.delete(call.topic);
    if (this.#waiting.length === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }
}

async function storedNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.filter((name) => /^\d{12}\.json$/.test(name)).sort();
}

function isCall(value: JsonObject | null): value is JsonObject & OutgoingCall {
  return (
    value !== null && typeof value.operation === 'string' && typeof value.topic === 'string' && isObject(value.body)
  );
}
