import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { KintsugiError } from '../../core/errors.ts';
import { startCluster } from '../../store/cluster.ts';
import { type OpenDatabase, openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';

/** The store of this machine's server, for commands that work beside it; starts its PostgreSQL where no server runs. */
export async function withStore<T>(work: (store: OpenDatabase, home: string) => Promise<T>): Promise<T> {
  const home = kintsugiHome();
  const url = process.env.DATABASE_URL;
  const folder = join(home, 'postgres');
  if (!url && !existsSync(folder)) {
    throw new KintsugiError('StoreFailed', `There is no server's store in ${home}.`, {
      advice: 'Start the server once with `kintsugi up`, or set KINTSUGI_HOME or DATABASE_URL to where it is.',
    });
  }
  const cluster = url ? null : await startCluster(folder);
  const store = openDatabase(cluster === null ? { url: url ?? '' } : { socketFolder: cluster.socketFolder });
  try {
    await migrate(store.pool);
    return await work(store, home);
  } finally {
    await store.close();
    if (cluster?.isOurs) await cluster.stop();
  }
}
