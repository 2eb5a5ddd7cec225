import { fetchObject, s3FromEnvironment } from '../clouds/s3/fetch-object.ts';
import { FETCH_LIMITS, type FetchLimits, fetchText } from '../clouds/web/fetch-text.ts';
import type { Orchestration as LedKind } from '../control/documents/view.ts';
import { inventoryOrchestration } from '../control/inventory/gathering/orchestrate.ts';
import { findPatchNode } from '../control/patch-manager/patch-nodes.ts';
import { patchBaselineOrchestration } from '../control/patch-manager/runs/orchestrate.ts';
import { hooksOrchestration } from '../control/patch-manager/runs/with-hooks.ts';
import type { FindOrchestration, Orchestration } from '../control/run-command/orchestration.ts';
import { CommandEngine } from '../control/run-command/ticker.ts';
import { keepUp } from '../control/upkeep.ts';
import type { Knowledge } from '../core/advisories/types.ts';
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
  /** For the files that commands name, such as an InstallOverrideList. */
  readonly downloads?: Partial<Pick<FetchLimits, 'allowPrivate' | 'ca'>>;
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
      const gateway = await openDoor(options, store, sealer, bell);
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
function orchestrations(options: ServerOptions): FindOrchestration {
  const { knowledge, region, downloads = {} } = options;
  const limits = { ...FETCH_LIMITS, ...downloads };
  const source = s3FromEnvironment(process.env, region);
  const needs = {
    knowledge,
    isScanOnly: async () => false,
    fetchFile: (address: string) =>
      address.startsWith('s3://') ? fetchObject(address, source, limits, new Date()) : fetchText(address, limits),
  };
  const led: Readonly<Record<LedKind, Orchestration>> = {
    'patch-baseline': patchBaselineOrchestration(needs),
    'patch-baseline-with-hooks': hooksOrchestration(needs),
    inventory: inventoryOrchestration(),
  };
  return (name) => (Object.hasOwn(led, name) ? led[name as LedKind] : null);
}

function openDoor(options: ServerOptions, { db }: OpenDatabase, sealer: Sealer, bell: Bell): Promise<Gateway> {
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
    services: servicesOf({ db, sealer, bell, publicUrl, findPatchNode }),
    pages: pagesOf({ db }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
}
