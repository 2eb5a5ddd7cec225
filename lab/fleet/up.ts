import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Api, apiOf } from '../api.ts';
import { withLock } from '../lock.ts';
import { networkObstacle } from '../network/network.ts';
import { labHome } from '../residue.ts';
import type { VariantName } from '../variants.ts';
import type { FleetOrder, KeeperNews } from './keeper.ts';
import { fleets } from './record.ts';
import { serverPlace } from './server-place.ts';

export interface UpOptions {
  readonly count: number;
  readonly groups: readonly string[];
  readonly variant: VariantName;
  readonly endpoint?: string;
}

/**
 * Starts a fleet and answers once all of it is registered and running; it stays up after this process. `say` gets a line
 * at a time.
 */
export async function fleetUp(options: UpOptions, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const place = serverPlace(env, options.endpoint);
  const api = apiOf(place);
  const { endpoint, region } = place;
  await api('DescribeInstanceInformation', { MaxResults: 5 }).catch((error: Error) => {
    throw new Error(`lab: the server at ${endpoint} does not answer as it should: ${error.message}`);
  });
  const noNetwork = (await networkObstacle()) ?? null;
  if (noNetwork !== null) say(`The nodes share the network of this machine: ${noNetwork}.`);
  mkdirSync(labHome(), { recursive: true });
  // Of two at the same time one comes first, and the other one sees it.
  await withLock(join(labHome(), 'fleet.lock'), async () => {
    if (fleets().some(({ isAlive }) => isAlive))
      throw new Error('lab: a fleet is up already; `npm run lab -- down` ends it');
    const nodes = Array.from({ length: options.count }, (_, index) => ({
      name: `lab${index + 1}`,
      patchGroup: options.groups[index % options.groups.length] ?? 'dev',
    }));
    const activations = await activate(
      api,
      nodes.map(({ patchGroup }) => patchGroup),
    );
    try {
      const order: FleetOrder = {
        ...{ endpoint, region, noNetwork, variant: options.variant },
        nodes: nodes.map((node) => ({ ...node, ...required(activations.get(node.patchGroup)) })),
      };
      await startKeeper(order, say);
    } finally {
      const ids = [...activations.values()].map(({ activationId }) => activationId);
      await Promise.all(ids.map((ActivationId) => api('DeleteActivation', { ActivationId }).catch(() => {})));
    }
  });
}

interface Activation {
  readonly activationId: string;
  readonly activationCode: string;
}

/** One for each patch group: its nodes have the tag from their first moment on. */
async function activate(api: Api, groups: readonly string[]): Promise<ReadonlyMap<string, Activation>> {
  const made = new Map<string, Activation>();
  for (const group of new Set(groups)) {
    const { ActivationId, ActivationCode } = await api('CreateActivation', {
      IamRole: 'kintsugi-lab',
      Description: 'npm run lab -- up',
      DefaultInstanceName: `lab ${group}`,
      RegistrationLimit: groups.filter((one) => one === group).length,
      Tags: [{ Key: 'Patch Group', Value: group }],
    });
    made.set(group, { activationId: ActivationId, activationCode: ActivationCode });
  }
  return made;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a group without an activation');
  return value;
}

async function startKeeper(order: FleetOrder, say: (line: string) => void): Promise<void> {
  const log = join(labHome(), 'fleet.log');
  const program = join(import.meta.dirname, 'keeper.ts');
  const keeper = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['pipe', 'pipe', openSync(log, 'w', 0o600)],
    detached: true,
    cwd: '/',
  });
  const { stdin, stdout } = keeper;
  if (stdin === null || stdout === null) throw new Error('lab: the keeper has no pipes');
  stdin.on('error', () => {});
  stdin.write(`${JSON.stringify(order)}\n`);
  for await (const line of createInterface({ input: stdout })) {
    const news: KeeperNews = JSON.parse(line);
    if (news.kind === 'failed') throw new Error(news.why);
    if (news.kind === 'up') {
      keeper.unref();
      stdin.destroy();
      stdout.destroy();
      return;
    }
    const { name, instanceId, patchGroup, address } = news.node;
    say(`${name.padEnd(8)}${instanceId}  ${(address ?? 'this machine').padEnd(14)}${patchGroup}`);
  }
  throw new Error(`lab: the fleet could not be kept; see ${log}`);
}
