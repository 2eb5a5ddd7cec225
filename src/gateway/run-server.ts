import { randomUUID } from 'node:crypto';
import { FETCH_LIMITS, type FetchLimits } from '../clouds/web/fetch-text.ts';
import { findPatchNode } from '../control/patch-manager/patch-nodes.ts';
import { limitNode } from '../control/run-command/limit-node.ts';
import { CommandEngine } from '../control/run-command/ticker.ts';
import { keepUp } from '../control/upkeep.ts';
import type { Knowledge } from '../core/advisories/types.ts';
import { Bell } from '../store/bell.ts';
import { type OpenDatabase, openDatabase } from '../store/database.ts';
import { openSealer } from '../store/key-file.ts';
import { migrate } from '../store/migrate.ts';
import type { Sealer } from '../store/sealer.ts';
import { type Inside, insideOf, principalOfUp } from './inside.ts';
import { ledProcedures } from './led-procedures.ts';
import { keepCluster } from './own-cluster.ts';
import { type Gateway, type GatewayOptions, startGateway } from './server.ts';
import type { Service } from './service.ts';
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
  /** The server's own machine as a node that is known already: what may be done to it, before anything else happens. */
  readonly limit?: { readonly instanceId: string; readonly isScanOnly: boolean } | null;
  /** For the files that commands name, such as an InstallOverrideList. */
  readonly downloads?: Partial<Pick<FetchLimits, 'allowPrivate' | 'ca'>>;
  /** Faults of what goes on beside the calls: the engine of commands. */
  readonly onError: (error: unknown) => void;
}

export interface Server {
  readonly url: string;
  /** Where programs of this machine reach it without TLS. */
  readonly localUrl: string;
  readonly inside: Inside;
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
      if (options.limit != null) await limit(store, options.limit);
      const { services, doors, url, localUrl } = await openDoors(options, store, sealer, bell);
      const engine = new CommandEngine({
        db: store.db,
        bell,
        findOrchestration: ledProcedures({ ...options, downloads: { ...FETCH_LIMITS, ...options.downloads } }),
        now: () => new Date(),
        onError: options.onError,
      });
      const upkeep = keepUp(store.db, { now: () => new Date(), onError: options.onError });
      const close = async () => {
        await Promise.all(doors.map((door) => door.close()));
        await engine.stop();
        await upkeep.stop();
        await closeBell();
      };
      const inside = insideOf(services, { db: store.db, account: ACCOUNT, region: options.region });
      return { url, localUrl, inside, store, sealer, bell, close };
    } catch (error) {
      bell.close();
      throw error;
    }
  } catch (error) {
    await stopStore();
    throw error;
  }
}

async function limit({ db }: OpenDatabase, to: { instanceId: string; isScanOnly: boolean }): Promise<void> {
  const by = { principal: principalOfUp(ACCOUNT), requestId: randomUUID(), now: new Date() };
  await limitNode(db, { ...to, ...by, account: ACCOUNT });
}

interface Doors {
  readonly services: readonly Service[];
  readonly doors: readonly Gateway[];
  readonly url: string;
  readonly localUrl: string;
}

/** With TLS there is a second door, on loopback alone: the certificate is for the name by which others know the server. */
async function openDoors(options: ServerOptions, { db }: OpenDatabase, sealer: Sealer, bell: Bell): Promise<Doors> {
  const { host, port, region, tls, log } = options;
  const publicUrl = options.publicUrl ?? (() => door.url);
  const services = servicesOf({ db, sealer, bell, publicUrl, findPatchNode });
  const house = { db, region, account: ACCOUNT, keys: keysOf({ db, sealer }), services, pages: pagesOf({ db }) };
  const told = log === undefined ? house : { ...house, log };
  const door: Gateway = await startGateway({ ...told, host, port, ...(tls === undefined ? {} : { tls }) });
  if (tls === undefined) return { services, doors: [door], url: door.url, localUrl: onThisMachine(door.url) };
  try {
    const inner = await startGateway({ ...told, host: '127.0.0.1', port: 0 });
    return { services, doors: [door, inner], url: door.url, localUrl: inner.url };
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** A server that listens at every address is reached from here at one of them. */
function onThisMachine(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
