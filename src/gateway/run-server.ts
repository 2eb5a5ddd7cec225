import { randomUUID } from 'node:crypto';
import { FETCH_LIMITS, type FetchLimits } from '../clouds/web/fetch-text.ts';
import { ExecutionEngine } from '../control/executions/engine.ts';
import type { FindTaskRunner } from '../control/executions/task-runner.ts';
import { nodeArchitectures } from '../control/exposure/fleet.ts';
import type { ExposureNeeds } from '../control/exposure/operations.ts';
import { watchImages } from '../control/images/channels/watch.ts';
import { keepBakes } from '../control/images/flow/keep-bakes.ts';
import type { BakeNeeds } from '../control/images/flow/run-step.ts';
import { type RunStep, stepProcess } from '../control/images/flow/step-process.ts';
import { evaluateTriggers } from '../control/images/triggers/evaluate.ts';
import { findPatchNode } from '../control/patch-manager/patch-nodes.ts';
import { Repositories } from '../control/repositories/repositories.ts';
import { limitNode } from '../control/run-command/limit-node.ts';
import { CommandEngine } from '../control/run-command/ticker.ts';
import { keepUp } from '../control/upkeep.ts';
import type { Knowledge } from '../core/advisories/types.ts';
import { imagesFolder } from '../images/store/folders.ts';
import { runScript } from '../platforms/targets/shell-process.ts';
import { Bell } from '../store/bell.ts';
import { type OpenDatabase, openDatabase, untilAnswering } from '../store/database.ts';
import { openSealer } from '../store/key-file.ts';
import { migrate } from '../store/migrate.ts';
import type { Sealer } from '../store/sealer.ts';
import { type Doors, openDoors } from './doors.ts';
import { type Inside, insideOf, principalOfUp } from './inside.ts';
import { ledProcedures } from './led-procedures.ts';
import { keepCluster } from './own-cluster.ts';
import type { GatewayOptions } from './server.ts';
import type { Service } from './service.ts';
import { taskRunners } from './task-runners.ts';
import { servicesOf } from './wiring.ts';

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
  /** What the advisory files say, for questions about the whole fleet; absent: nothing. */
  readonly advisories?: ExposureNeeds['advisories'];
  /** Tasks `aws-sdk:ssm` and `aws-sdk:sfn` of state machines go to AWS; else to this server itself. */
  readonly ownServicesOnAws?: boolean;
  /** Hooks of images that come over the API are run: whoever may bake is root on this machine then. */
  readonly allowImageHooks?: boolean;
  /** How a step of a bake is done; absent: in a process of its own. */
  readonly runBakeStep?: RunStep;
  /** Faults of what goes on beside the calls: the engines of commands and executions. */
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
    await untilAnswering(store);
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
      const repositories = repositoriesOf(options, store);
      const bakes = bakesOf(options, store);
      const wires = { db: store.db, sealer, bell, findPatchNode, repositories, advisories: options.advisories, bakes };
      const images = imagesFolder(options.home);
      const services = servicesOf({
        ...wires,
        findTaskRunner: (resource) => findTaskRunner(resource),
        imagesFolder: images,
        publicUrl: options.publicUrl ?? (() => opened.url),
      });
      const findTaskRunner = tasksOf(options, store, services, bakes);
      const opened: Doors = await openDoors({ ...options, account: ACCOUNT }, wires, services);
      const { doors, url, localUrl } = opened;
      repositories.start();
      const engine = new CommandEngine({
        db: store.db,
        bell,
        findOrchestration: ledProcedures({ ...options, downloads: { ...FETCH_LIMITS, ...options.downloads } }),
        now: () => new Date(),
        onError: options.onError,
      });
      const executions = new ExecutionEngine({
        db: store.db,
        bell,
        findTaskRunner,
        now: () => new Date(),
        onError: options.onError,
      });
      const { onError } = options;
      const watch = watchImages({ db: store.db, account: ACCOUNT, images, now: () => new Date(), onError });
      const upkeep = keepUp(store.db, { now: () => new Date(), onError: options.onError });
      const also = () => evaluateTriggers({ ...bakes, archives: repositories, knowledge: options.knowledge });
      const baking = bakes.isRoot ? keepBakes(store.db, { ...options, also }) : null;
      const close = async () => {
        await Promise.all(doors.map((door) => door.close()));
        await Promise.all([engine.stop(), executions.stop()]);
        await watch.stop();
        await Promise.all([upkeep.stop(), baking?.stop()]);
        await repositories.close();
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

function bakesOf({ home, allowImageHooks = false, runBakeStep = stepProcess }: ServerOptions, { db }: OpenDatabase) {
  const isRoot = process.getuid?.() === 0;
  return { db, home, isRoot, allowHooks: allowImageHooks, runStep: runBakeStep, now: () => new Date() };
}

function tasksOf(
  { ownServicesOnAws = false }: ServerOptions,
  { db }: OpenDatabase,
  services: readonly Service[],
  bakes: BakeNeeds,
): FindTaskRunner {
  return taskRunners({ db, services, random: Math.random, ownServicesOnAws, bakes });
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
