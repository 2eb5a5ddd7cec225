import type { Bell } from '../../store/bell.ts';
import type { Database } from '../../store/database.ts';
import type { InvocationRow } from '../../store/schema/commands.ts';
import { advanceCommand, advanceCommands } from './engine.ts';
import { lead, takeLeads } from './lead.ts';
import type { FindOrchestration } from './orchestration.ts';
import { forgetOldCommands } from './retention.ts';

const BEAT_MS = 1000;
/** Procedures that one server leads at the same time. */
const MOST_LEADS = 100;
const FORGET_MS = 10 * 60_000;

export interface EngineOptions {
  readonly db: Database;
  readonly bell: Bell;
  readonly findOrchestration: FindOrchestration;
  readonly now: () => Date;
  /** The store may be away for a while: the engine tells it and goes on. */
  readonly onError: (error: unknown) => void;
  readonly beatMs?: number;
}

/**
 * The engine of one server: a beat every second, and at once when a command has news. A plain interval on every server,
 * and no job of a queue: what there is to do stands in the commands' own rows, a row's lock keeps servers apart, and a
 * beat that is lost is made good by the next one anywhere, while a lost or doubled job would be a second truth to mend.
 */
export class CommandEngine {
  readonly #options: EngineOptions;
  readonly #halt = new AbortController();
  readonly #leads = new Set<Promise<void>>();
  readonly #news = new Set<string>();
  readonly #silence: () => void;
  #timer: NodeJS.Timeout | null = null;
  #beating: Promise<void> | null = null;
  #forgotAt = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#silence = options.bell.on('kintsugi_command', null, (key) => {
      this.#news.add(key);
      this.#beat();
    });
    this.#timer = setInterval(() => this.#beat(), options.beatMs ?? BEAT_MS);
    this.#beat();
  }

  /** Ends after the present beat; other servers take the procedures over that this one leads. */
  async stop(): Promise<void> {
    this.#silence();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#halt.abort();
    await this.#beating;
    await Promise.all(this.#leads);
  }

  /** One at a time; what rings meanwhile is seen by the same beat's end. */
  #beat(): void {
    if (this.#beating !== null || this.#halt.signal.aborted) return;
    this.#beating = this.#work().finally(() => {
      this.#beating = null;
      if (this.#news.size > 0) this.#beat();
    });
  }

  async #work(): Promise<void> {
    const { db, now } = this.#options;
    const news = [...this.#news];
    this.#news.clear();
    for (const key of news) {
      const [account = '', commandId = ''] = key.split(' ');
      await this.#attempt(() => advanceCommand(db, account, commandId, now()));
    }
    await this.#attempt(() => advanceCommands(db, now()));
    await this.#attempt(() => this.#takeLeads());
    if (now().getTime() - this.#forgotAt < FORGET_MS) return;
    this.#forgotAt = now().getTime();
    await this.#attempt(() => forgetOldCommands(db, now()));
  }

  async #attempt(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #takeLeads(): Promise<void> {
    const { db, bell, findOrchestration, now, onError } = this.#options;
    const leader = { db, bell, find: findOrchestration, now };
    const rows = await takeLeads(leader, MOST_LEADS - this.#leads.size);
    const start = (row: InvocationRow) => {
      const leading = lead(leader, row, this.#halt.signal)
        .catch(onError)
        .finally(() => {
          this.#leads.delete(leading);
          this.#beat();
        });
      this.#leads.add(leading);
    };
    for (const row of rows) start(row);
  }
}
