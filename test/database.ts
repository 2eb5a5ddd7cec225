import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
];

export interface TestDatabase extends OpenDatabase {
  readonly socketFolder: string;
  dispose(): Promise<void>;
}

/** A database of one's own with the present schema: `const store = await testDatabase(); t.after(store.dispose)`. */
export async function testDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'kt-pg-'));
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

/** Made once for each state of the migrations: a copy takes a tenth of the time of initdb. */
async function template(): Promise<string> {
  const hashes = migrations().map(({ hash }) => hash);
  const key = createHash('sha256').update(hashes.join()).digest('hex').slice(0, 16);
  const kept = join(tmpdir(), `kintsugi-test-template-${process.getuid?.()}-${key}`);
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'kt-pg-'));
  const cluster = await startCluster(folder, QUICK);
  const open = openDatabase({ socketFolder: cluster.socketFolder });
  await migrate(open.pool);
  await open.close();
  await cluster.stop();
  try {
    renameSync(join(folder, 'data'), kept);
  } catch {
    // Another test was quicker: its template is as good.
  }
  rmSync(folder, { recursive: true, force: true });
  return kept;
}
