import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { faultMessage } from '../../core/fault-message.ts';
import { composeRepositories, isArchitecture, parseRepositories } from '../../platforms/apt/repositories.ts';
import type { ScriptOutcome } from '../../platforms/targets/shell-process.ts';
import { newNonce } from '../patch-manager/nonce.ts';
import { type Asker, indexesFor, type LoadedIndexes, loadIndexes, newestIn } from './repository-index.ts';

/** What is known of one product's repositories. */
export interface RepositoryState {
  /** As baselines write it, and the name of its folder: `Debian12`. */
  readonly product: string;
  /** When apt last fetched all of them; null: never. */
  readonly refreshedAt: Date | null;
  /** Why the last try did not end well, in words. */
  readonly failure: string | null;
  readonly problems: readonly string[];
  readonly indexes: readonly { readonly description: string; readonly packages: number }[];
}

/** A version that the archives have, as the server's indexes know it. */
export interface Published {
  readonly architecture: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly priority: string;
  readonly section: string;
  readonly size: number | null;
  /** Of the archive's Release file: `bookworm-security`, `Debian`. */
  readonly codename: string;
  readonly origin: string;
}

/** What the archives of a machine have for one of its packages. `newest` null: nothing newer. */
export interface ArchiveAnswer {
  readonly newest: Published | null;
  /** All of its repositories were fetched of late, and nothing is missing. */
  readonly complete: boolean;
}

export interface ArchiveKnowledge {
  states(): readonly RepositoryState[];
  /** null: nobody told the server which repositories such a machine has, or they were never fetched. */
  newest(
    node: Asker & { readonly product: string },
    installed: { readonly name: string; readonly architecture: string; readonly version: string },
    now: Date,
  ): ArchiveAnswer | null;
}

interface Kept extends LoadedIndexes {
  readonly refreshedAt: Date | null;
  readonly failure: string | null;
}

const REFRESH_TIMEOUT_MS = 1_800_000;
const EVERY_MS = 6 * 3_600_000;
/** Lists that are older have been replaced in Debian's security archive, which signs for seven days. */
export const INDEXES_STALE_AFTER_MS = 2 * 86_400_000;
const PRODUCT = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

export interface RepositoriesOptions {
  /** The data directory: sources in `repositories/PRODUCT/`, apt's own files in `repository-lists/PRODUCT/`. */
  readonly home: string;
  /** Runs a script on this machine. */
  readonly run: (script: string, options: { timeoutMs: number; signal: AbortSignal }) => Promise<ScriptOutcome>;
  /** Architectures that nodes of a product have; none: this machine's. */
  readonly architecturesOf: (product: string) => Promise<readonly string[]>;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * Package indexes of the configured repositories, in memory: fetched and verified by this machine's own apt in folders
 * of their own, read by our reader. Refreshed every six hours, a fifth more or less, so that many servers do not ask
 * a mirror at the same moment.
 */
export class Repositories implements ArchiveKnowledge {
  readonly #options: RepositoriesOptions;
  #kept: ReadonlyMap<string, Kept> = new Map();
  /** What goes on now; looks come one after the other. */
  #working: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> | null = null;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: RepositoriesOptions) {
    this.#options = options;
  }

  /** Reads what was fetched before, then begins to refresh in the background. */
  start(): void {
    this.#begin(false).catch(this.#options.onError);
    this.refresh().catch(this.#options.onError);
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#closing.abort();
    await this.#working.catch(() => {});
  }

  /** Reads again what is there, without fetching. */
  reload(): Promise<void> {
    return this.#begin(false);
  }

  /** Fetches all lists; who comes while that goes on waits for the same. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#begin(true).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  states(): readonly RepositoryState[] {
    return [...this.#kept].map(([product, { indexes, ...kept }]) => ({
      product,
      ...kept,
      indexes: indexes.map(({ description, index }) => ({ description, packages: index.size })),
    }));
  }

  newest(...[node, installed, now]: Parameters<ArchiveKnowledge['newest']>): ArchiveAnswer | null {
    const kept = this.#kept.get(node.product);
    if (kept === undefined || kept.refreshedAt === null) return null;
    const indexes = indexesFor(kept.indexes, node);
    if (indexes.length === 0) return null;
    const newest = newestIn(indexes, installed, node.architecture);
    const isFresh = now.getTime() - kept.refreshedAt.getTime() <= INDEXES_STALE_AFTER_MS;
    return { newest, complete: isFresh && kept.problems.length === 0 };
  }

  #schedule(): void {
    const wait = EVERY_MS * (0.8 + 0.4 * this.#options.random());
    this.#timer = setTimeout(() => {
      this.refresh()
        .catch(this.#options.onError)
        .finally(() => {
          if (!this.#isClosed) this.#schedule();
        });
    }, wait);
    this.#timer.unref();
  }

  #begin(update: boolean): Promise<void> {
    this.#working = this.#working.catch(() => {}).then(() => this.#lookAtAll(update));
    return this.#working;
  }

  async #lookAtAll(update: boolean): Promise<void> {
    const products = await productsIn(join(this.#options.home, 'repositories'));
    const kept = new Map<string, Kept>();
    for (const product of products) {
      if (this.#isClosed) return;
      const before = this.#kept.get(product);
      try {
        kept.set(product, await this.#look(product, update));
      } catch (error) {
        const failure = faultMessage(error);
        kept.set(product, { indexes: [], problems: [], refreshedAt: null, ...before, failure });
      }
    }
    this.#kept = kept;
  }

  async #look(product: string, update: boolean): Promise<Kept> {
    const { home, run, architecturesOf } = this.#options;
    const place = { sources: join(home, 'repositories', product), state: join(home, 'repository-lists', product) };
    await mkdir(place.state, { recursive: true, mode: 0o700 });
    const architectures = (await architecturesOf(product)).filter(isArchitecture);
    const nonce = newNonce();
    const script = composeRepositories(nonce, place, { architectures, update });
    const outcome = await run(script, { timeoutMs: REFRESH_TIMEOUT_MS, signal: this.#closing.signal });
    const { failure, targets, noApt } = parseRepositories(outcome.stdout, nonce);
    const stamp = await stat(join(place.state, 'refreshed')).catch(() => null);
    const loaded = await loadIndexes(targets);
    const said = outcome.timedOut ? `it did not end within ${REFRESH_TIMEOUT_MS / 60_000} minutes` : failure;
    const nothing = said === null && targets.length === 0 ? 'its folder names no repository (*.sources, *.list)' : said;
    return { ...loaded, refreshedAt: noApt ? null : (stamp?.mtime ?? null), failure: nothing };
  }
}

async function productsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((one) => one.isDirectory() && PRODUCT.test(one.name))
    .map(({ name }) => name)
    .sort();
}

/** For a server without any repositories of its own. */
export const NO_REPOSITORIES: ArchiveKnowledge = { states: () => [], newest: () => null };
