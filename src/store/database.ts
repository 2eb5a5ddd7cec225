import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { isStoreStarting } from './away.ts';
import { PreparingClient } from './prepared.ts';

/** Where every use case keeps its state; a transaction of it is one as well. */
export type Database = Pick<
  NodePgDatabase,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'
>;

export interface OpenDatabase {
  readonly db: NodePgDatabase;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** `where`: a connection string (DATABASE_URL), or the socket folder of a cluster of our own. */
export function openDatabase(where: { url: string } | { socketFolder: string; database?: string }): OpenDatabase {
  const settings =
    'url' in where
      ? { connectionString: where.url }
      : { host: where.socketFolder, user: 'kintsugi', database: where.database ?? 'postgres' };
  const pool = new pg.Pool({
    ...settings,
    Client: PreparingClient,
    pipeline: true,
    max: 20,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
  });
  // A connection that breaks while nobody uses it (PostgreSQL restarts) is dropped by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  // The same for one that is out, between two statements of a transaction: its next statement tells.
  pool.on('connect', (client) => client.on('error', () => {}));
  return { db: drizzle({ client: pool }), pool, close: () => pool.end() };
}

const READY_MS = 60_000;
const AGAIN_MS = 200;

/** Waits for a PostgreSQL that is starting, recovering from a crash for example; throws what it says after a minute. */
export async function untilAnswering({ pool }: Pick<OpenDatabase, 'pool'>): Promise<void> {
  const end = performance.now() + READY_MS;
  for (;;) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      if (!isStoreStarting(error) || performance.now() > end) throw error;
    }
    await sleep(AGAIN_MS);
  }
}
