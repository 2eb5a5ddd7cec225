import { join } from 'node:path';
import type pg from 'pg';
import { KintsugiError } from '../core/errors.ts';
import { type Cluster, startCluster } from '../store/cluster.ts';

const LOOK_MS = 1000;
/** Any number that nothing else locks: one server at a time keeps a data directory. */
const LOCK = 8_420_002;

/** The PostgreSQL of a data directory, kept running for as long as its server lives. */
export interface OwnCluster {
  readonly socketFolder: string;
  /** Throws StoreFailed where another server has this data directory; its PostgreSQL is left alone then. */
  claim(pool: pg.Pool): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A connection that holds the lock of the data directory; null where another server holds it. PostgreSQL lets go of the
 * lock when it restarts or the connection breaks: `onLost` is called then.
 */
async function hold(pool: pg.Pool, onLost: (client: pg.PoolClient) => void): Promise<pg.PoolClient | null> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [LOCK]);
    if (rows[0]?.mine === true) {
      client.on('error', () => onLost(client));
      return client;
    }
    client.release();
    return null;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/**
 * Starts the cluster, or takes over the one that a killed server left behind, and starts it again when it dies: what
 * was committed is there, and calls fail only for the moment in between.
 */
export async function keepCluster(home: string, onError: (error: unknown) => void): Promise<OwnCluster> {
  const folder = join(home, 'postgres');
  let cluster: Cluster = await startCluster(folder);
  let isOurs = cluster.isOurs;
  let claimed: pg.PoolClient | null = null;
  let claimedIn: pg.Pool | null = null;
  let isStopping = false;
  let mending: Promise<void> = Promise.resolve();
  /** Once: a connection that breaks while it is let go of tells so, too. */
  const letGo = () => {
    const held = claimed;
    claimed = null;
    held?.release(true);
  };
  const onLost = (client: pg.PoolClient) => {
    if (client === claimed) letGo();
  };
  /** Whose the lock is decides who ends PostgreSQL, so a lock that was lost is taken again, or found with another. */
  const holdAgain = async () => {
    if (claimedIn === null || claimed !== null || !isOurs) return;
    claimed = await hold(claimedIn, onLost);
    if (claimed !== null) return;
    isOurs = false;
    onError(
      new Error(`Another server took the data directory ${home} while PostgreSQL restarted. Stop one of the two.`),
    );
  };
  const look = async () => {
    if (isStopping) return;
    if (!isAlive(cluster.pid)) {
      onError(new Error('PostgreSQL ended; it is started again.'));
      cluster = await startCluster(folder);
    }
    await holdAgain();
  };
  const timer = setInterval(() => {
    mending = mending.then(look).catch(onError);
  }, LOOK_MS);
  return {
    socketFolder: cluster.socketFolder,
    claim: async (pool) => {
      claimed = await hold(pool, onLost);
      if (claimed === null)
        throw new KintsugiError('StoreFailed', `Another server of Kintsugi keeps the data directory ${home}.`, {
          advice: 'Stop that one first, or give this one a directory of its own with KINTSUGI_HOME.',
        });
      claimedIn = pool;
      isOurs = true;
    },
    stop: async () => {
      isStopping = true;
      clearInterval(timer);
      await mending;
      letGo();
      if (isOurs) await cluster.stop();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
