import pg from 'pg';

/** Texts of one connection that are prepared, and those that are watched for coming again. */
const MOST_PREPARED = 300;
const MOST_WATCHED = 1000;
/** A text that comes this often on a connection is worth its plan's memory. */
const WORTH = 3;
const LONGEST = 20_000;
const DONE = { rows: [], rowCount: null, command: '', fields: [] };
const UNANSWERED = /^(?:begin|savepoint sp\d+|release savepoint sp\d+)$/;

interface Statement {
  readonly text: string;
  readonly name?: string;
}

/**
 * A connection that spares what a small statement costs most: it prepares the texts it is sent again and again, so that
 * PostgreSQL parses and plans each once, and it sends the statements of one turn, and BEGIN and savepoints with the
 * statement that follows, as one write (pipelining: `pipeline: true`). The number of prepared texts is bounded.
 * https://www.postgresql.org/docs/current/sql-prepare.html
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class PreparingClient extends pg.Client {
  readonly #seen = new Map<string, number>();
  readonly #names = new Map<string, string>();
  #isCorked = false;

  // biome-ignore lint/suspicious/noExplicitAny: pg has a dozen overloads of one function
  override query(config: any, ...rest: any[]): any {
    this.#writeAtEndOfTurn();
    // biome-ignore lint/suspicious/noExplicitAny: see above
    const send = (what: unknown) => (super.query as any).call(this, what, ...rest);
    if (isStatement(config) && UNANSWERED.test(config.text)) {
      // Nobody needs their answers: they fail only where the connection is broken or the transaction has failed, and the
      // statement that follows says so.
      send(config).catch(() => {});
      return Promise.resolve(DONE);
    }
    const name = isNameable(config, rest[0]) ? this.#nameOf(config.text) : undefined;
    return send(name === undefined ? config : { ...config, name });
  }

  #writeAtEndOfTurn(): void {
    const { stream } = (this as unknown as { connection: { stream: NodeJS.WritableStream & Corkable } }).connection;
    if (this.#isCorked) return;
    this.#isCorked = true;
    stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_PREPARED) return known;
    const times = (this.#seen.get(text) ?? 0) + 1;
    if (times < WORTH) {
      if (this.#seen.size >= MOST_WATCHED) this.#seen.clear();
      this.#seen.set(text, times);
      return undefined;
    }
    this.#seen.delete(text);
    const name = `k${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

interface Corkable {
  cork(): void;
  uncork(): void;
}

function isStatement(config: unknown): config is Statement {
  return typeof config === 'object' && config !== null && typeof (config as Statement).text === 'string';
}

/** A statement with parameters that has no name yet. */
function isNameable(config: unknown, values: unknown): config is Statement {
  const hasValues = Array.isArray(values) && values.length > 0;
  return isStatement(config) && hasValues && config.name === undefined && config.text.length <= LONGEST;
}
