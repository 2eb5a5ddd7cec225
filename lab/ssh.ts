import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must } from './command.ts';
import { closedPort } from './port.ts';
import { clearAway, labHome, ownedName } from './residue.ts';
import type { LabRoot } from './root.ts';
import { freshRoot } from './roots.ts';

/** A machine that is reached by ssh: a lab root with an sshd of its own on a loopback port. */
export interface SshTarget {
  /** `root@labhost`, for `kintsugi … --ssh`; also there: `visitor@` (no rights), `mender@` (sudo without password). */
  readonly host: string;
  /** The same as another user. */
  readonly as: (user: 'root' | 'visitor' | 'mender') => string;
  /** Names a host of the same ssh configuration whose port refuses connections. */
  readonly refused: string;
  readonly port: number;
  /** The ssh configuration that knows these hosts and the client's key: `ssh -F config labhost`. */
  readonly config: string;
  /** What Kintsugi takes the configuration from. */
  readonly env: Readonly<{ KINTSUGI_SSH_CONFIG: string }>;
  /** The filesystem behind it. */
  readonly root: LabRoot;
  /** Ends the machine and removes everything, the root too. Safe to call again. */
  readonly dispose: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Where keys and settings lie inside the root: gone from a real machine at its next boot. */
const INSIDE = '/run/kintsugi-lab-ssh';
const NAME = 'labhost';
const ATTEMPTS = 3;

/**
 * Starts an sshd inside `root`, a fresh one if none is given, in process and mount namespaces of its own: commands
 * over ssh see the root and its processes only, and all of them end with it. Nothing of this machine's own ssh is
 * used or changed.
 */
export async function sshTarget(given?: LabRoot): Promise<SshTarget> {
  const root = given ?? (await freshRoot());
  const folder = join(labHome(), 'run', ownedName());
  const dispose = async (): Promise<void> => {
    await root.dispose();
    await clearAway(folder);
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const hostKey = await makeKeys(root, folder);
    await appendFile(join(root.path, 'etc/hosts'), `127.0.0.1 localhost ${NAME}\n`);
    const port = await startSshd(root);
    const config = join(folder, 'config');
    await writeFile(join(folder, 'known_hosts'), `${NAME} ${hostKey}\n`);
    await writeFile(config, clientConfig(folder, port, await closedPort()));
    return {
      host: `root@${NAME}`,
      as: (user) => `${user}@${NAME}`,
      refused: `root@${NAME}-down`,
      port,
      config,
      env: { KINTSUGI_SSH_CONFIG: config },
      root,
      dispose,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Makes the keys of both ends; answers the public key of the host. */
async function makeKeys(root: LabRoot, folder: string): Promise<string> {
  const inside = join(root.path, INSIDE);
  await mkdir(inside, { recursive: true });
  await chmod(inside, 0o755);
  for (const key of [join(folder, 'id'), join(inside, 'host_key')]) {
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'kintsugi-lab', '-f', key]);
  }
  const authorized = join(inside, 'authorized_keys');
  await writeFile(authorized, await readFile(join(folder, 'id.pub')));
  await chmod(authorized, 0o644);
  return (await readFile(join(inside, 'host_key.pub'), 'utf8')).trim();
}

function clientConfig(folder: string, port: number, closed: number): string {
  const host = (name: string, at: number): string => `Host ${name}\n  HostName 127.0.0.1\n  Port ${at}\n`;
  const settings = {
    HostKeyAlias: NAME,
    IdentityFile: join(folder, 'id'),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    UserKnownHostsFile: join(folder, 'known_hosts'),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
  };
  const lines = Object.entries(settings).map(([name, value]) => `  ${name} ${value}\n`);
  return `${host(NAME, port)}${host(`${NAME}-down`, closed)}Host ${NAME} ${NAME}-down\n${lines.join('')}`;
}

async function startSshd(root: LabRoot): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await closedPort();
    const { isUp, said } = await listening(spawnSshd(root, port));
    if (isUp) return port;
    // Somebody else may have taken the port in between; anything else fails again with the same words.
    if (attempt === ATTEMPTS) throw new Error(`lab: sshd does not start: ${said}`);
  }
}

function spawnSshd(root: LabRoot, port: number): ChildProcess {
  const settings = {
    ListenAddress: '127.0.0.1',
    Port: port,
    HostKey: `${INSIDE}/host_key`,
    AuthorizedKeysFile: `${INSIDE}/authorized_keys`,
    PidFile: 'none',
    PermitRootLogin: 'prohibit-password',
    PasswordAuthentication: 'no',
    StrictModes: 'no',
    UsePAM: 'no',
    MaxStartups: '100',
    Subsystem: 'sftp internal-sftp',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', ...options];
  const apart = ['unshare', '--uts', '--mount', '--pid', '--fork', '--kill-child'];
  const enter = [`--mount-proc=${join(root.path, 'proc')}`, 'chroot', root.path];
  const named = ['sh', '-c', 'hostname "$1" && shift && exec "$@"', 'sh', NAME, ...sshd];
  const argv = ['--pdeathsig', 'KILL', ...apart, ...enter, ...named];
  return spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
}

/** Waits until sshd listens or ends; lets go of it then, so that it does not keep this process alive. */
async function listening(sshd: ChildProcess): Promise<{ isUp: boolean; said: string }> {
  const said: string[] = [];
  const ended = once(sshd, 'close').then(() => false);
  const { stderr } = sshd;
  if (stderr === null) throw new Error('lab: sshd has no standard error');
  const up = new Promise<boolean>((resolve) => {
    createInterface({ input: stderr }).on('line', (line) => {
      said.push(line);
      if (line.startsWith('Server listening')) resolve(true);
    });
  });
  const isUp = await Promise.race([up, ended]);
  sshd.unref();
  if ('unref' in stderr && typeof stderr.unref === 'function') stderr.unref();
  return { isUp, said: said.join('\n') };
}
