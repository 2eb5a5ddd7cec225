import { type ChildProcess, spawn } from 'node:child_process';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { machineMirror } from '../../src/platforms/apt/mirror.ts';
import { must, run } from '../command.ts';
import { forwardTo, mirrorProxy } from './forward.ts';

/** The lab's range. It is seen by nobody: the network has no way out, so that the same range elsewhere does not matter. */
const PREFIX = '10.83.0';
const GATEWAY = `${PREFIX}.1`;
const PROXY_PORT = 3142;
const MOST_NODES = 250;

/** A network of the lab's own, in a namespace of its own: a bridge that nodes are plugged into, and a gateway. */
export interface LabNetwork {
  /** The server's address as nodes have it. */
  readonly endpoint: string;
  /** Where apt finds its mirror, and the lines of `/etc/hosts` that a node needs. */
  readonly aptProxy: string;
  readonly hosts: string;
  readonly namespace: string;
  readonly gateway: string;
  /** The address of the next node, with the length of its network. */
  readonly nextAddress: () => string;
  close(): Promise<void>;
}

/** Why a machine cannot have networks of its own; undefined where it can. */
export async function networkObstacle(): Promise<string | undefined> {
  const tried = await run(['unshare', '--net', 'ip', 'link', 'add', 'lab0', 'type', 'bridge']).catch(() => undefined);
  if (tried === undefined) return 'the commands unshare and ip (iproute2) are needed';
  if (tried.status === 0) return undefined;
  return `no network namespace with a bridge can be made here: ${tried.stderr.trim().split('\n').at(-1)}`;
}

const MAKE = `set -e
ip link set lo up
ip link add br0 type bridge
ip addr add "$1/24" dev br0
ip link set br0 up
shift
exec "$@"`;

/**
 * Makes the network. Nothing of it is in the machine's own network, not even a link, and all of it ends with the
 * process that holds it, which ends with this one. The gateway leads to the server and to apt's mirror alone; the
 * server may listen on loopback.
 */
export async function labNetwork(server: string): Promise<LabNetwork> {
  const url = new URL(server);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const isAddress = /^[\d.]+$|^\[|^localhost$/.test(url.hostname);
  if (url.protocol === 'https:' && isAddress) {
    throw new Error(`lab: ${server}: nodes reach a server with TLS by a name that its certificate has`);
  }
  const places = [`${GATEWAY}:${port}`, `${GATEWAY}:${PROXY_PORT}`];
  const argv = ['--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-c', MAKE, 'sh', GATEWAY];
  const program = [process.execPath, join(import.meta.dirname, 'listeners.ts'), ...places];
  const holder = spawn('setpriv', [...argv, ...program], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const [toServer, toMirror] = await listenersOf(holder, places);
  forwardTo(toServer as Server, port, url.hostname.replace(/^\[|\]$/g, ''));
  await leadToMirror(toMirror as Server);
  let nodes = 0;
  return {
    endpoint: isAddress ? `${url.protocol}//${GATEWAY}:${port}` : server,
    aptProxy: `http://${GATEWAY}:${PROXY_PORT}`,
    hosts: isAddress ? '' : `${GATEWAY} ${url.hostname}\n`,
    namespace: `/proc/${holder.pid}/ns/net`,
    gateway: GATEWAY,
    nextAddress: () => {
      nodes += 1;
      if (nodes > MOST_NODES) throw new Error(`lab: a network has room for ${MOST_NODES} nodes`);
      return `${PREFIX}.${nodes + 1}/24`;
    },
    close: async () => {
      toServer?.close();
      toMirror?.close();
      if (holder.exitCode !== null || holder.signalCode !== null) return;
      const gone = new Promise((resolve) => holder.once('exit', resolve));
      holder.kill('SIGKILL');
      await gone;
    },
  };
}

function listenersOf(holder: ChildProcess, places: readonly string[]): Promise<Server[]> {
  return new Promise((resolve, reject) => {
    const found = new Map<string, Server>();
    let said = '';
    holder.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    holder.once('error', reject);
    holder.once('exit', () => reject(new Error(`lab: the network could not be made: ${said.trim().slice(-500)}`)));
    holder.on('message', (place, handle) => {
      found.set(String(place), handle as Server);
      if (found.size === places.length) resolve(places.map((one) => found.get(one) as Server));
    });
  });
}

/** The mirror by a proxy of our own; where this machine's apt has a proxy already, that one as it is. */
async function leadToMirror(listener: Server): Promise<void> {
  const settings = await must(['apt-config', 'dump', 'Acquire::http::Proxy']).catch(() => '');
  const proxy = /^Acquire::http::Proxy "(http:\/\/[^"]+)";$/m.exec(settings)?.[1];
  if (proxy !== undefined) {
    const { hostname, port } = new URL(proxy);
    forwardTo(listener, Number(port || 80), hostname);
    return;
  }
  const mirror = machineMirror();
  mirrorProxy(listener, mirror === undefined ? [] : [mirror.main, mirror.security]);
}
