import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from './database.ts';
import { type ServerProcess, serverProcess } from './server-process.ts';

/** Two servers, each a process of its own, on one PostgreSQL that neither of them keeps. */
export interface TwoServers {
  readonly store: TestDatabase;
  readonly servers: readonly [ServerProcess, ServerProcess];
  dispose(): Promise<void>;
}

export async function twoServers(): Promise<TwoServers> {
  const store = await testDatabase();
  const databaseUrl = `postgres://kintsugi@localhost/postgres?host=${encodeURIComponent(store.socketFolder)}`;
  const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'kt-server-'))) as [string, string];
  const begun: ServerProcess[] = [];
  const dispose = async () => {
    for (const server of begun) await server.dispose();
    await store.dispose();
    for (const home of homes) rmSync(home, { recursive: true, force: true });
  };
  try {
    const first = await serverProcess({ databaseUrl, home: homes[0] });
    begun.push(first);
    // What is sealed in the store is opened with it.
    copyFileSync(join(homes[0], 'secret.key'), join(homes[1], 'secret.key'));
    const second = await serverProcess({ databaseUrl, home: homes[1], keysOf: homes[0] });
    begun.push(second);
    return { store, servers: [first, second], dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
