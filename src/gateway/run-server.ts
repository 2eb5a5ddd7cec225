import { nodeArchitectures } from '../control/exposure/fleet.ts';
import type { ExposureNeeds } from '../control/exposure/operations.ts';
import { findPatchNode } from '../control/patch-manager/patch-nodes.ts';
import { patchBaselineOrchestration } from '../control/patch-manager/runs/orchestrate.ts';
import { Repositories } from '../control/repositories/repositories.ts';
import type { FindOrchestration } from '../control/run-command/orchestration.ts';
import { CommandEngine } from '../control/run-command/ticker.ts';
import { keepUp } from '../control/upkeep.ts';
import type { Knowledge } from '../core/advisories/types.ts';
import { runScript } from '../platforms/targets/shell-process.ts';
import { Bell } from '../store/bell.ts';
import { type OpenDatabase, openDatabase } from '../store/database.ts';
import { openSealer } from '../store/key-file.ts';
import { migrate } from '../store/migrate.ts';
import type { Sealer } from '../store/sealer.ts';
import { keepCluster } from './own-cluster.ts';
import { type Gateway, type GatewayOptions, startGateway } from './server.ts';
import { keysOf, pagesOf, servicesOf } from './wiring.ts';

export interface ServerOptions {
  /** The data directory. */
  readonly home: string;
  /** A PostgreSQL of somebody else's; null: one of our own in the data directory. */
  readonly databaseUrl: string | null;
  readonly host: string;
  readonly port: number;
  readonly region: string;
  /** The address at which nodes reach this server; null: the one that it listens at. */
  readonly publicUrl: string | null;
  readonly tls?: GatewayOptions['tls'];
  readonly log?: GatewayOptions['log'];
  readonly knowledge: () => Promise<Knowledge>;
  /** What the advisory files say, for questions about the whole fleet; absent: nothing. */
  readonly advisories?: ExposureNeeds['advisories'];
  /** Faults of what goes on beside the calls: the engine of commands. */
  readonly onError: (error: unknown) => void;
}

export interface Server {
  readonly url: string;
  readonly store: OpenDatabase;
  readonly sealer: Sealer;
  readonly bell: Bell;
  /** Ends what is under way and stops our own PostgreSQL cleanly. */
  close(): Promise<void>;
}

export const ACCOUNT = '000000000000';

/** Everything that a server is: its store brought up to date, its services and its door. */
export async function runServer(options: ServerOptions): Promise<Server> {
  const cluster = options.databaseUrl === null ? await keepCluster(options.home, options.onError) : null;
  const where = cluster === null ? { url: options.databaseUrl ?? '' } : { socketFolder: cluster.socketFolder };
  const store = openDatabase(where);
  // The claim's connection goes first: a pool waits for the connections that are out.
  const stopStore = async () => {
    await Promise.all([cluster?.stop(), store.close()]);
  };
  try {
    await cluster?.claim(store.pool);
    await migrate(store.pool);
    const sealer = openSealer(options.home);
    const bell = await Bell.open(store.pool);
    const closeBell = async () => {
      bell.close();
      await stopStore();
    };
    try {
      const repositories = repositoriesOf(options, store);
      const gateway = await openDoor(options, store, sealer, bell, repositories);
      repositories.start();
      const engine = new CommandEngine({
        db: store.db,
        bell,
        findOrchestration: orchestrations(options),
        now: () => new Date(),
        onError: options.onError,
      });
      const upkeep = keepUp(store.db, { now: () => new Date(), onError: options.onError });
      const close = async () => {
        await gateway.close();
        await engine.stop();
        await upkeep.stop();
        await repositories.close();
        await closeBell();
      };
      return { url: gateway.url, store, sealer, bell, close };
    } catch (error) {
      bell.close();
      throw error;
    }
  } catch (error) {
    await stopStore();
    throw error;
  }
}

/** The procedures that a server leads itself; `wiring.ts` refuses documents that ask for others. */
function orchestrations({ knowledge }: ServerOptions): FindOrchestration {
  const patch = patchBaselineOrchestration({ knowledge, isScanOnly: async () => false });
  return (name) => (name === 'patch-baseline' ? patch : null);
}

function repositoriesOf({ home, onError }: ServerOptions, { db }: OpenDatabase): Repositories {
  return new Repositories({
    home,
    run: (script, how) => runScript(['/bin/sh', '-s'], script, how),
    architecturesOf: (product) => nodeArchitectures(db, product),
    random: Math.random,
    onError,
  });
}

function openDoor(
  options: ServerOptions,
  { db }: OpenDatabase,
  sealer: Sealer,
  bell: Bell,
  repositories: Repositories,
): Promise<Gateway> {
  const { advisories } = options;
  const { host, port, region } = options;
  const scheme = options.tls === undefined ? 'http' : 'https';
  const publicUrl = options.publicUrl ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return startGateway({
    db,
    region,
    host,
    port,
    account: ACCOUNT,
    keys: keysOf({ db, sealer }),
    services: servicesOf({ db, sealer, bell, publicUrl, findPatchNode, advisories, repositories }),
    pages: pagesOf({ db }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
}
