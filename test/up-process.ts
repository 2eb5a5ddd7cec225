import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort } from '../lab/port.ts';
import { isOnPath } from '../src/platforms/targets/on-path.ts';
import { BIN } from './kintsugi.ts';
import { sign } from './sign.ts';

export interface Ready {
  readonly url: string;
  readonly region: string;
  readonly credentialsFile: string;
}

export interface Scanned {
  readonly instanceId: string;
  readonly isScanOnly: boolean;
  readonly status: string;
  readonly commandId: string;
  readonly counts: Readonly<Record<string, number>> | null;
}

/** `kintsugi up --json` in a process of its own. */
export interface Up {
  readonly child: ChildProcess;
  readonly ready: Promise<Ready>;
  readonly scanned: Promise<Scanned>;
  /** What it has said so far. */
  readonly said: { out: string; err: string };
  /** Calls Systems Manager with the admin's key of the first start. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  call(operation: string, input: object): Promise<any>;
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

export function startUp(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  argv: readonly string[] = [BIN, 'up', '--json', ...args],
): Up {
  const [file = '', ...rest] = argv;
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, ...env } });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const event = async <T>(name: string): Promise<T> => {
    for (;;) {
      const lines = said.out.split('\n').slice(0, -1);
      const found = lines.find((line) => line.startsWith(`{"event":"${name}"`));
      if (found !== undefined) return JSON.parse(found) as T;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`ended before it was ${name}: ${said.out}${said.err}`);
      await sleep(50);
    }
  };
  const ready = event<Ready>('ready');
  const scanned = event<Scanned>('scanned');
  for (const promise of [ready, scanned]) promise.catch(() => {});
  return {
    child,
    ready,
    scanned,
    said,
    call: async (operation, input) => callServer(await ready, operation, input),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Calls Systems Manager of a server with the key in its credentials file. */
export async function callServer(
  { url, region, credentialsFile }: Ready,
  operation: string,
  input: object,
): Promise<unknown> {
  const text = readFileSync(credentialsFile, 'utf8');
  const value = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1] ?? '';
  const key = { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') };
  const headers = {
    host: new URL(url).host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AmazonSSM.${operation}`,
  };
  const body = JSON.stringify(input);
  const scope = { service: 'ssm', region, now: new Date() };
  const signed = sign({ method: 'POST', url: '/', headers, body }, key, scope);
  const response = await fetch(url, { method: 'POST', headers: signed, body });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** Ids of the processes whose command line holds `text`. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(text))
    .map(Number);
}

/** What a process was given, its arguments and its environment. */
export function givenTo(pid: number): string {
  return `${read(`/proc/${pid}/cmdline`)}\n${read(`/proc/${pid}/environ`)}`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** An empty data directory that goes with the test. */
export function newHome(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'kt-own-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** `kintsugi up` over this data directory, at a port of its own; it is stopped after the test. */
export async function startUpIn(t: TestContext, home: string, ...args: string[]): Promise<Up> {
  const env = { HOME: home, KINTSUGI_HOME: home, KINTSUGI_TEST_SECRET: 'not for the agent' };
  const up = startUp(['--port', String(await closedPort()), ...args], env);
  t.after(() => up.end('SIGTERM'));
  return up;
}

/** The agents of a data directory's own node. */
export function agentOf(home: string): number[] {
  return processesWith(`--state\0${join(home, 'agent')}`);
}

export function hasApt(t: TestContext): boolean {
  const has = isOnPath('dpkg-query') && isOnPath('apt-get');
  if (!has) t.skip('needs a machine with dpkg and apt');
  return has;
}
