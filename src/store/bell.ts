import type pg from 'pg';

/**
 * What servers tell each other: a node has a message waiting; a command has news; an execution can go on, has ended,
 * has a task (by its activity, or nothing); a map run can go on.
 */
export const CHANNELS = [
  'kintsugi_node',
  'kintsugi_command',
  'kintsugi_execution',
  'kintsugi_execution_end',
  'kintsugi_task',
  'kintsugi_map_run',
] as const;
export type Channel = (typeof CHANNELS)[number];

const RETRY_MS = 1000;

/**
 * Hears PostgreSQL's notifications for all of one server's waiters over one connection. A notification is a hint that
 * may be lost (the connection breaks, PostgreSQL restarts): whoever waits looks again in the end.
 */
export class Bell {
  readonly #pool: pg.Pool;
  readonly #heard = new Map<Channel, Map<string | null, Set<(key: string) => void>>>();
  #client: pg.PoolClient | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  static async open(pool: pg.Pool): Promise<Bell> {
    const bell = new Bell(pool);
    await bell.#connect();
    return bell;
  }

  /** Calls `heard` for every ring of `key`, or of any key where it is null. Answers the function that stops it. */
  on(channel: Channel, key: string | null, heard: (key: string) => void): () => void {
    const keys = this.#heard.get(channel) ?? new Map<string | null, Set<(key: string) => void>>();
    this.#heard.set(channel, keys);
    const listeners = keys.get(key) ?? new Set();
    keys.set(key, listeners);
    listeners.add(heard);
    return () => {
      listeners.delete(heard);
      if (listeners.size === 0 && keys.get(key) === listeners) keys.delete(key);
    };
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    // Not given back to the pool: it would still listen.
    this.#client?.release(true);
    this.#client = null;
  }

  async #connect(): Promise<void> {
    const client = await this.#pool.connect();
    const broken = () => this.#reconnect(client);
    client.on('error', broken);
    client.on('end', broken);
    client.on('notification', ({ channel, payload = '' }) => this.#ring(channel as Channel, payload));
    this.#client = client;
    for (const channel of CHANNELS) await client.query(`LISTEN ${channel}`);
  }

  #ring(channel: Channel, key: string): void {
    const keys = this.#heard.get(channel);
    for (const heard of [...(keys?.get(key) ?? []), ...(keys?.get(null) ?? [])]) heard(key);
  }

  #reconnect(client: pg.PoolClient): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#client = null;
    client.release(true);
    this.#later();
  }

  #later(): void {
    this.#retry = setTimeout(() => {
      if (this.#isClosed) return;
      this.#connect().catch(() => {
        this.#client?.release(true);
        this.#client = null;
        if (!this.#isClosed) this.#later();
      });
    }, RETRY_MS);
    this.#retry.unref();
  }
}
