import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { isOrphan, ownedName } from '../lab/residue.ts';
import { startCluster } from '../src/store/cluster.ts';
import { type OpenDatabase, openDatabase } from '../src/store/database.ts';
import { migrate, migrations } from '../src/store/migrate.ts';

/** Only for tests: what is lost with the power is of no use to them. */
const QUICK = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_wal_size=128MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  // Without the processes that read for others: a cluster lives for a few seconds.
  'io_method=sync',
];
const PREFIX = 'kintsugi-test-store-';
const SHARED_MEMORY = '/dev/shm';
const LEAST_BYTES = 2 ** 30;
/** Raised when the making of templates changes. */
const MAKING = 2;

export interface TestDatabase extends OpenDatabase {
  readonly socketFolder: string;
  dispose(): Promise<void>;
}

/** A database of one's own with the present schema: `const store = await testDatabase(); t.after(store.dispose)`. */
export async function testDatabase(): Promise<TestDatabase> {
  const folder = join(place(), `${PREFIX}${ownedName()}`);
  mkdirSync(folder, { mode: 0o700 });
  // cp keeps the owner and the modes that PostgreSQL insists on.
  const { status, stderr } = spawnSync('cp', ['-a', await template(), join(folder, 'data')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const cluster = await startCluster(folder, QUICK);
  const open = openDatabase({ socketFolder: cluster.socketFolder });
  const dispose = async () => {
    await open.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...open, socketFolder: cluster.socketFolder, dispose };
}

/** Memory where there is enough of it: making and removing a thousand files on a disk is most of the work of a copy. */
function place(): string {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return bavail * bsize > LEAST_BYTES ? SHARED_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Removes the databases of processes that were killed. */
export function sweepDatabases(): void {
  for (const parent of new Set([place(), tmpdir()])) {
    for (const name of readdirSync(parent)) {
      if (!name.startsWith(PREFIX) || !isOrphan(name.slice(PREFIX.length))) continue;
      endPostgres(join(parent, name, 'data'));
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}

function endPostgres(data: string): void {
  try {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data)) process.kill(pid, 'SIGQUIT');
  } catch {
    // It runs no more.
  }
}

/** Made once for each state of the migrations: a copy takes a tenth of the time of initdb. */
async function template(): Promise<string> {
  const hashes = migrations().map(({ hash }) => hash);
  const key = createHash('sha256')
    .update([MAKING, ...hashes].join())
    .digest('hex')
    .slice(0, 16);
  const kept = join(tmpdir(), `kintsugi-test-template-${process.getuid?.()}-${key}`);
  if (existsSync(kept)) return kept;
  const folder = join(place(), `${PREFIX}${ownedName()}`);
  const cluster = await startCluster(folder, QUICK);
  const open = openDatabase({ socketFolder: cluster.socketFolder });
  await migrate(open.pool);
  await dropTemplates(open);
  await open.close();
  await cluster.stop();
  const half = `${kept}.${ownedName()}`;
  try {
    const { status, stderr } = spawnSync('cp', ['-a', join(folder, 'data'), half], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    renameSync(half, kept);
  } catch (error) {
    // Another test was quicker: its template is as good.
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(kept)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kept;
}

/** PostgreSQL's own templates are two thirds of the files, and nobody makes a database of them here. */
async function dropTemplates({ db }: OpenDatabase): Promise<void> {
  await db.execute(sql`UPDATE pg_database SET datistemplate = false`);
  for (const name of ['template0', 'template1']) await db.execute(sql`DROP DATABASE ${sql.identifier(name)}`);
}
