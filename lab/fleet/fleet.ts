import { once } from 'node:events';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiOf } from '../api.ts';
import { clearAway, isOrphan, sweep } from '../residue.ts';
import { controlSocket, type FoundFleet, fleets } from './record.ts';
import { serverPlace } from './server-place.ts';

const ANSWER_MS = 5000;
const END_MS = 30_000;

export interface NodeStatus {
  readonly name: string;
  readonly instanceId: string;
  readonly patchGroup: string;
  readonly address: string | null;
  readonly root: string;
  readonly isOn: boolean;
  /** As the server has it; null where it does not answer. */
  readonly ping: string | null;
}

/** The nodes of the fleet that is up; null where there is none. */
export async function fleetStatus(env: NodeJS.ProcessEnv): Promise<readonly NodeStatus[] | null> {
  const found = fleets().find(({ isAlive }) => isAlive);
  if (found === undefined) return null;
  const on: readonly string[] = (await askKeeper(found, 'status'))?.on ?? [];
  const pings = await pingsOf(found, env).catch(() => null);
  return found.nodes.map((node) => ({
    ...node,
    isOn: on.includes(node.name),
    ping: pings === null ? null : (pings.get(node.instanceId) ?? 'not registered'),
  }));
}

async function pingsOf({ endpoint, nodes }: FoundFleet, env: NodeJS.ProcessEnv): Promise<Map<string, string>> {
  const api = apiOf(serverPlace(env, endpoint));
  const Filters = [{ Key: 'InstanceIds', Values: nodes.map(({ instanceId }) => instanceId) }];
  const { InstanceInformationList: list } = await api('DescribeInstanceInformation', { Filters });
  return new Map(list.map((one: { InstanceId: string; PingStatus: string }) => [one.InstanceId, one.PingStatus]));
}

/** Cuts the power of a node, or gives it back. Throws where there is no such node, or no fleet. */
export async function power(name: string, to: 'on' | 'off'): Promise<void> {
  const found = fleets().find(({ isAlive }) => isAlive);
  if (found === undefined) throw new Error('lab: no fleet is up');
  const told = await askKeeper(found, to, name);
  if (told === null) throw new Error('lab: the keeper of the fleet does not answer');
}

/**
 * Ends every fleet with all that it is made of, also what a killed one left, and takes its nodes off their server where
 * that answers. Answers the names of the nodes, and why the server still has them, if it does.
 */
export async function fleetDown(env: NodeJS.ProcessEnv): Promise<{ nodes: readonly string[]; left: string | null }> {
  const found = fleets();
  for (const fleet of found) await end(fleet);
  await sweep();
  const left: string[] = [];
  for (const fleet of found) await deregister(fleet, env).catch((error: Error) => left.push(error.message));
  return { nodes: found.flatMap(({ nodes }) => nodes.map(({ name }) => name)), left: left[0] ?? null };
}

async function end(fleet: FoundFleet): Promise<void> {
  const isGone = () => isOrphan(basename(fleet.folder));
  if (!isGone()) await askKeeper(fleet, 'down').catch(() => null);
  const patient = performance.now() + END_MS;
  while (!isGone() && performance.now() < patient) await sleep(50);
  // Its nodes and its network end with it; what it mounted is swept.
  if (!isGone()) process.kill(fleet.keeper, 'SIGKILL');
  while (!isGone()) await sleep(50);
  await clearAway(fleet.folder);
}

async function deregister({ endpoint, nodes }: FoundFleet, env: NodeJS.ProcessEnv): Promise<void> {
  const api = apiOf(serverPlace(env, endpoint));
  for (const { instanceId } of nodes) {
    await api('DeregisterManagedInstance', { InstanceId: instanceId }).catch((error) => {
      if (error.code !== 'InvalidInstanceId') throw error;
    });
  }
}

/** null: it does not answer. */
// biome-ignore lint/suspicious/noExplicitAny: read member by member.
async function askKeeper({ folder }: FoundFleet, ...words: readonly string[]): Promise<any> {
  const socket = connect(controlSocket(folder));
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.on('connect', () => socket.write(`${words.join(' ')}\n`));
  await once(socket, 'close').catch(() => {});
  if (text === '') return null;
  const told = JSON.parse(text);
  if (typeof told.error === 'string') throw new Error(told.error);
  return told;
}
