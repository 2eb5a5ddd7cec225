import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { labNetwork } from '../network/network.ts';
import { type LabNode, labNode } from '../node.ts';
import { labHome, ownedName, sweep } from '../residue.ts';
import type { VariantName } from '../variants.ts';
import { controlSocket, type FleetNode, type FleetRecord, writeRecord } from './record.ts';

/** What `up` tells the keeper, on one line: secrets are in nobody's arguments. */
export interface FleetOrder {
  readonly endpoint: string;
  readonly region: string;
  readonly variant: VariantName;
  readonly noNetwork: string | null;
  readonly nodes: readonly {
    readonly name: string;
    readonly patchGroup: string;
    readonly activationId: string;
    readonly activationCode: string;
  }[];
}

/** What the keeper tells `up`, a line each. */
export type KeeperNews =
  | { readonly kind: 'node'; readonly node: FleetNode }
  | { readonly kind: 'up' }
  | { readonly kind: 'failed'; readonly why: string };

interface Kept extends FleetNode {
  readonly machine: LabNode;
}

/**
 * The process that a fleet lives by: its nodes and its network end with it, however it ends. It ends by itself where
 * `up` is gone before the fleet is there.
 */
async function keep(): Promise<void> {
  // Whoever started it reads no more once the fleet is up.
  process.stdout.on('error', () => {});
  const say = (news: KeeperNews) => process.stdout.write(`${JSON.stringify(news)}\n`);
  const [line] = await once(createInterface({ input: process.stdin }), 'line');
  const order: FleetOrder = JSON.parse(line);
  const abandoned = new Promise<never>((_, reject) => {
    process.stdin.once('close', () => reject(new Error('whoever started it is gone')));
  });
  abandoned.catch(() => {});
  await sweep();
  const folder = join(labHome(), 'run', ownedName());
  mkdirSync(folder, { mode: 0o700 });
  const kept: Kept[] = [];
  const network = order.noNetwork === null ? await labNetwork(order.endpoint) : undefined;
  const { endpoint, region, noNetwork, variant } = order;
  const record = (): FleetRecord => ({ endpoint, region, noNetwork, nodes: kept.map(({ machine: _, ...one }) => one) });
  const clear = async () => {
    await Promise.all(kept.map(({ machine }) => machine.dispose()));
    await network?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const raise = async () => {
    // One after the other: the first registration may have to make the root that all are copies of.
    for (const { name, patchGroup, activationId, activationCode } of order.nodes) {
      const plugged = network === undefined ? {} : { network };
      const activation = { activationId, activationCode };
      const machine = await labNode({ endpoint, region, hostname: name, variant, ...activation, ...plugged });
      const { instanceId, address, root } = machine;
      kept.push({ name, patchGroup, instanceId, address, root: root.path, machine });
      writeRecord(folder, record());
      say({ kind: 'node', node: { name, patchGroup, instanceId, address, root: root.path } });
    }
  };
  try {
    await Promise.race([raise(), abandoned]);
    const { ended } = await answering(controlSocket(folder), kept);
    say({ kind: 'up' });
    await ended;
  } catch (error) {
    say({ kind: 'failed', why: (error as Error).message });
  }
  await clear();
}

/** Takes one line of words a connection: `status`, `down`, `off NAME`, `on NAME`. `ended` resolves at `down` or a signal. */
async function answering(path: string, kept: readonly Kept[]): Promise<{ ended: Promise<void> }> {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const answer = async ([word = '', name = '']: readonly string[]): Promise<object> => {
    const node = kept.find((one) => one.name === name);
    if (word === 'off' && node !== undefined) await node.machine.powerOff();
    else if (word === 'on' && node !== undefined) node.machine.powerOn();
    else if (word === 'down') end();
    else if (word !== 'status')
      return { error: `lab: no node '${name}'; there are: ${kept.map((one) => one.name).join(' ')}` };
    return { on: kept.filter(({ machine }) => machine.isOn()).map((one) => one.name) };
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    createInterface({ input: socket }).once('line', async (line) => {
      const told = await answer(line.split(' ')).catch((error: Error) => ({ error: error.message }));
      socket.end(`${JSON.stringify(told)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  return { ended: ended.finally(() => server.close()) };
}

if (import.meta.main) {
  await keep();
  process.exit(0);
}
