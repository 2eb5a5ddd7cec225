import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, apiOf } from '../lab/api.ts';
import { closedPort } from '../lab/port.ts';

const PROGRAM = join(import.meta.dirname, '../src/cli/main.ts');
const REGION = 'eu-central-1';
const ASK_PATIENCE_MS = 120_000;

/** `kintsugi up` in a process of its own over a data directory that stays: it can be killed and started again. */
export interface ServerProcess {
  readonly url: string;
  readonly region: string;
  readonly home: string;
  /** With the admin's key, as a user has it from the profile that the server wrote. */
  readonly ask: Api;
  /** The same of Step Functions. */
  readonly states: Api;
  /** All that the server said so far, also of those that were killed. */
  said(): string;
  /** SIGKILL, and it is gone. */
  kill(): Promise<void>;
  /** The same with its PostgreSQL; the server starts another one by itself. Answers the one that is dead. */
  killPostgres(): Promise<number>;
  /** Starts it again, at the same address. */
  start(): Promise<void>;
  /** SIGTERM; answers how it ended. */
  stop(): Promise<number | null>;
  dispose(): Promise<void>;
}

interface ServerPlace {
  /** A PostgreSQL that servers share. */
  readonly databaseUrl?: string;
  /** The data directory; made, and removed at the end, where it is not given. */
  readonly home?: string;
  /** Whose profile to use: a server that joins another one finds its keys made. */
  readonly keysOf?: string;
}

export async function serverProcess({ databaseUrl = '', ...place }: ServerPlace = {}): Promise<ServerProcess> {
  const home = place.home ?? mkdtempSync(join(tmpdir(), 'kt-server-'));
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}`;
  let said = '';
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = null;
    if (running === null) return null;
    if (running.exitCode !== null || running.signalCode !== null) return running.exitCode;
    const gone = new Promise<number | null>((resolve) => running.once('exit', resolve));
    running.kill(signal);
    return gone;
  };
  const start = async (): Promise<void> => {
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM];
    // A test that is ended takes its server with it, and that one its PostgreSQL.
    const argv = ['--pdeathsig', 'TERM', ...program, 'up', '--no-node', '--port', String(port), '--region', REGION];
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, NODE_COMPILE_CACHE, KINTSUGI_HOME: home, DATABASE_URL: databaseUrl };
    const started = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'], env });
    child = started;
    const from = said.length;
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    while (!said.slice(from).includes('Kintsugi serves')) {
      if (started.exitCode !== null || started.signalCode !== null) throw new Error(`the server ended: ${said}`);
      await sleep(20);
    }
  };
  const dispose = async () => {
    await end('SIGTERM');
    const pid = postgresOf(home);
    if (pid !== null && isAlive(pid)) process.kill(pid, 'SIGINT');
    while (pid !== null && isAlive(pid)) await sleep(20);
    if (place.home === undefined) rmSync(home, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  const there = { endpoint: url, region: REGION, credentials: keysIn(place.keysOf ?? home) };
  return {
    url,
    region: REGION,
    home,
    ask: apiOf(there, ASK_PATIENCE_MS),
    states: apiOf({ ...there, service: 'states' }, ASK_PATIENCE_MS),
    said: () => said,
    kill: async () => {
      await end('SIGKILL');
    },
    killPostgres: async () => {
      const pid = postgresOf(home);
      if (pid === null) throw new Error('no PostgreSQL runs');
      process.kill(pid, 'SIGKILL');
      while (isAlive(pid)) await sleep(10);
      return pid;
    },
    start,
    stop: () => end('SIGTERM'),
    dispose,
  };
}

function keysIn(home: string): { accessKeyId: string; secretAccessKey: string } {
  const text = readFileSync(join(home, 'aws-credentials'), 'utf8');
  const field = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1] ?? '';
  return { accessKeyId: field('aws_access_key_id'), secretAccessKey: field('aws_secret_access_key') };
}

function postgresOf(home: string): number | null {
  const file = join(home, 'postgres/data/postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  return pid > 1 ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended, whenever its parent finds the time to notice.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
