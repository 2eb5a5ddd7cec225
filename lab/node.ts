import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import type { LabNetwork } from './network/network.ts';
import { processesIn } from './residue.ts';
import type { LabRoot } from './root.ts';
import { freshRoot } from './roots.ts';
import type { VariantName } from './variants.ts';

const HOME = new URL('..', import.meta.url).pathname;
const NODE = join(HOME, 'node_modules/node/bin/node');
const BUNDLE = join(HOME, 'dist/kintsugi-agent.mjs');

/** Once in a process, whatever is there: a bundle of yesterday's sources would be tested for today's. */
let bundled: Promise<void> | undefined;

async function bundleAgent(): Promise<void> {
  const { status, stderr } = await run(['sh', join(HOME, 'bin/bundle-agent')]);
  if (status !== 0) throw new Error(`lab: the agent could not be bundled: ${stderr}`);
}

/**
 * A Debian machine of the lab with Kintsugi's agent on it, in process, mount and host-name namespaces of its own, and in
 * a network namespace where it is plugged into a network of the lab.
 */
export interface LabNode {
  readonly instanceId: string;
  readonly hostname: string;
  /** Null where it shares the network of this machine. */
  readonly address: string | null;
  readonly root: LabRoot;
  /** Ends everything that runs on the node at once, as a power cut does. */
  powerOff(): Promise<void>;
  /** Starts the agent again, after `powerOff`. */
  powerOn(): void;
  /** The agent alone, with SIGKILL: what it has started goes on. A new one starts, as by systemd. */
  killAgent(): Promise<void>;
  isOn(): boolean;
  dispose(): Promise<void>;
}

export interface NodeOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly activationId: string;
  readonly activationCode: string;
  readonly hostname: string;
  readonly variant?: VariantName;
  /** To be plugged into; without it the node is in this machine's network, and its endpoint is where this machine has it. */
  readonly network?: LabNetwork;
}

/** Makes a node, registers it with its activation and starts its agent. Call `requireLab` first. */
export async function labNode(options: NodeOptions): Promise<LabNode> {
  bundled ??= bundleAgent();
  await bundled;
  const root = await freshRoot(options.variant ?? 'pending');
  try {
    const place = await settle(root, options);
    const { activationId, activationCode: KINTSUGI_ACTIVATION_CODE, network, region } = options;
    const open = network === undefined ? [] : ['--allow-http'];
    const where = ['--endpoint', network?.endpoint ?? options.endpoint, '--region', region, ...open];
    const register = ['register', ...where, '--activation-id', activationId, '--json'];
    const told = await output(inside(place, register, { KINTSUGI_ACTIVATION_CODE }));
    const { instanceId } = JSON.parse(told) as { instanceId: string };
    let machine: ChildProcess | null = null;
    const isOn = () => machine !== null && machine.exitCode === null && machine.signalCode === null;
    const powerOn = () => {
      if (!isOn()) machine = inside(place, ['run', '--reboot-command', '/bin/false']);
    };
    const powerOff = async () => {
      const running = machine;
      const wasOn = isOn();
      machine = null;
      if (running === null || !wasOn) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      // The first process of the namespace goes with this one, and everything else with that.
      running.kill('SIGKILL');
      await gone;
    };
    powerOn();
    return {
      instanceId,
      hostname: options.hostname,
      address: place.address?.replace(/\/.*/, '') ?? null,
      root,
      powerOn,
      powerOff,
      killAgent: () => killAgent(root),
      isOn,
      dispose: async () => {
        await powerOff();
        await root.dispose();
      },
    };
  } catch (error) {
    await root.dispose();
    throw error;
  }
}

/** A node as its namespaces are made for it. */
interface Place {
  readonly root: LabRoot;
  readonly hostname: string;
  readonly network: LabNetwork | null;
  /** `10.83.0.2/24` */
  readonly address: string | null;
}

/** What tells a machine apart, and where it finds the others. */
async function settle(root: LabRoot, { hostname, network }: NodeOptions): Promise<Place> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(hostname)) throw new Error(`lab: '${hostname}' is no name of a host`);
  const address = network?.nextAddress() ?? null;
  const own = `127.0.0.1 localhost\n${address === null ? '127.0.1.1' : address.replace(/\/.*/, '')} ${hostname}\n`;
  await writeFile(join(root.path, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  await writeFile(join(root.path, 'etc/hostname'), `${hostname}\n`);
  await writeFile(join(root.path, 'etc/hosts'), `${own}${network?.hosts ?? ''}`);
  if (network !== undefined) {
    const direct = 'Acquire::http::Proxy::127.0.0.1 "DIRECT";\n';
    const proxy = ['http', 'https'].map((kind) => `Acquire::${kind}::Proxy "${network.aptProxy}";\n`).join('');
    await writeFile(join(root.path, 'etc/apt/apt.conf.d/99kintsugi-lab-proxy'), `${proxy}${direct}`);
  }
  return { root, hostname, network: network ?? null, address };
}

const ENTER = `set -e
R=$1 name=$2 node=$3 bundle=$4 network=$5 address=$6 gateway=$7
shift 7
mount --make-rprivate /
if [ -n "$network" ]; then
  # The cable's other end; one that is there still is of the time before a power cut.
  port=p$(printf %s "\${address%/*}" | tr . -)
  nsenter --net="$network" ip link del "$port" 2>/dev/null || :
  ip link set lo up
  ip link add eth0 type veth peer name "$port" netns "$network"
  ip addr add "$address" dev eth0
  ip link set eth0 up
  nsenter --net="$network" ip link set "$port" master br0 up
  ip route add default via "$gateway"
fi
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755 lab-run "$R/run"
mount -t tmpfs -o mode=1777 lab-tmp "$R/tmp"
mkdir -p "$R/run/lock" "$R/run/systemd"
# It runs on the kernel of another machine, as a container does: nothing of it asks for a restart.
echo kintsugi-lab >"$R/run/systemd/container"
: >"$R/run/node"
mount --bind "$node" "$R/run/node"
# A copy: a file that somebody bundles anew at this moment is gone under the mount that names it.
cp "$bundle" "$R/run/kintsugi-agent.mjs.new"
mv "$R/run/kintsugi-agent.mjs.new" "$R/run/kintsugi-agent.mjs"
hostname "$name"
[ "$1" = run ] || exec chroot "$R" /run/node /run/kintsugi-agent.mjs "$@"
# The first process of the machine starts its agent again, as systemd does, and buries whom nobody waits for.
while :; do
  chroot "$R" /run/node /run/kintsugi-agent.mjs "$@" || :
  sleep 1
done`;

function inside(place: Place, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { root, hostname, network, address } = place;
  const net = network === null ? [] : ['--net'];
  const apart = ['unshare', '--uts', '--mount', '--pid', ...net, '--fork', '--kill-child'];
  const wire = [network?.namespace ?? '', address ?? '', network?.gateway ?? ''];
  const what = ['sh', '-c', ENTER, 'sh', root.path, hostname, NODE, BUNDLE, ...wire, ...args];
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // A pipe that nobody reads would stop the agent once it is full.
  const log = args[0] === 'run' ? openSync(join(root.path, 'var/log/kintsugi-agent.log'), 'a') : null;
  const options = { env: { PATH, ...env } };
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...apart, ...what], {
    stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
    ...options,
  });
  if (log !== null) closeSync(log);
  return child;
}

/** The agent's process, told from its scripts by its command line. */
async function killAgent(root: LabRoot): Promise<void> {
  for (const pid of processesIn(root.path)) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith('/run/node\0/run/kintsugi-agent.mjs\0')) process.kill(pid, 'SIGKILL');
  }
}

function output(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said = { out: '', err: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(said.out) : reject(new Error(`lab: the agent ended with ${code}: ${said.err}${said.out}`)),
    );
  });
}

/** The journal of dpkg on a node: `2026-11-22 22:00:00 upgrade NAME:ARCH OLD NEW`. */
export async function upgradesOn(root: LabRoot): Promise<string[]> {
  const log = await readFile(join(root.path, 'var/log/dpkg.log'), 'utf8').catch(() => '');
  return log.split('\n').filter((line) => / upgrade /.test(line));
}
