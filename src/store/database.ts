import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
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
