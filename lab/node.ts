import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import type { LabRoot } from './root.ts';
import { freshRoot } from './roots.ts';
import type { VariantName } from './variants.ts';

const HOME = new URL('..', import.meta.url).pathname;
const NODE = join(HOME, 'node_modules/node/bin/node');
const BUNDLE = join(HOME, 'dist/kintsugi-agent.mjs');

/** A Debian machine of the lab with Kintsugi's agent on it, in process, mount and host-name namespaces of its own. */
export interface LabNode {
  readonly instanceId: string;
  readonly root: LabRoot;
  /** Ends everything that runs on the node at once, as a power cut does. */
  powerOff(): Promise<void>;
  /** Starts the agent again, after `powerOff`. */
  powerOn(): void;
  dispose(): Promise<void>;
}

export interface NodeOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly activationId: string;
  readonly activationCode: string;
  readonly hostname: string;
  readonly variant?: VariantName;
}

/** Makes a node, registers it with its activation and starts its agent. Call `requireLab` first. */
export async function labNode(options: NodeOptions): Promise<LabNode> {
  if (!existsSync(BUNDLE)) {
    const { status, stderr } = await run(['sh', join(HOME, 'bin/bundle-agent')]);
    if (status !== 0) throw new Error(`lab: the agent could not be bundled: ${stderr}`);
  }
  const root = await freshRoot(options.variant ?? 'pending');
  try {
    const { endpoint, region, activationId, activationCode: KINTSUGI_ACTIVATION_CODE } = options;
    const where = ['--endpoint', endpoint, '--region', region, '--activation-id', activationId, '--json'];
    const told = await output(inside(root, options.hostname, ['register', ...where], { KINTSUGI_ACTIVATION_CODE }));
    const { instanceId } = JSON.parse(told) as { instanceId: string };
    let machine: ChildProcess | null = null;
    const powerOn = () => {
      machine ??= inside(root, options.hostname, ['run', '--reboot-command', '/bin/false']);
    };
    const powerOff = async () => {
      const running = machine;
      machine = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      // The first process of the namespace goes with this one, and everything else with that.
      running.kill('SIGKILL');
      await gone;
    };
    powerOn();
    return {
      instanceId,
      root,
      powerOn,
      powerOff,
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

const ENTER = `set -e
R=$1 name=$2 node=$3 bundle=$4
shift 4
mount --make-rprivate /
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755 lab-run "$R/run"
mount -t tmpfs -o mode=1777 lab-tmp "$R/tmp"
mkdir -p "$R/run/lock" "$R/run/systemd"
# It runs on the kernel of another machine, as a container does: nothing of it asks for a restart.
echo kintsugi-lab >"$R/run/systemd/container"
: >"$R/run/node"
: >"$R/run/kintsugi-agent.mjs"
mount --bind "$node" "$R/run/node"
mount --bind "$bundle" "$R/run/kintsugi-agent.mjs"
hostname "$name"
exec chroot "$R" /run/node /run/kintsugi-agent.mjs "$@"`;

function inside(root: LabRoot, hostname: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const apart = ['unshare', '--uts', '--mount', '--pid', '--fork', '--kill-child'];
  const argv = ['--pdeathsig', 'KILL', ...apart, 'sh', '-c', ENTER, 'sh', root.path, hostname, NODE, BUNDLE, ...args];
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // A pipe that nobody reads would stop the agent once it is full.
  const log = args[0] === 'run' ? openSync(join(root.path, 'var/log/kintsugi-agent.log'), 'a') : null;
  const child = spawn('setpriv', argv, { stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'], env: { PATH, ...env } });
  if (log !== null) closeSync(log);
  return child;
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
      code === 0 ? resolve(said.out) : reject(new Error(`lab: the agent ended with ${code}: ${said.err}`)),
    );
  });
}

/** The journal of dpkg on a node: `2026-11-22 22:00:00 upgrade NAME:ARCH OLD NEW`. */
export async function upgradesOn(root: LabRoot): Promise<string[]> {
  const log = await readFile(join(root.path, 'var/log/dpkg.log'), 'utf8').catch(() => '');
  return log.split('\n').filter((line) => / upgrade /.test(line));
}
