import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort } from '../lab/port.ts';
import type { Credentials } from '../test/sign.ts';

const KINTSUGI = new URL('../bin/kintsugi', import.meta.url).pathname;

export interface BenchServer {
  readonly url: string;
  readonly credentials: Credentials;
  stop(): Promise<void>;
}

/** `kintsugi up` as a user starts it: a process of its own, PostgreSQL with real fsync. */
export async function startKintsugi(): Promise<BenchServer> {
  const home = mkdtempSync(join(tmpdir(), 'kintsugi-bench-'));
  const url = `http://127.0.0.1:${await closedPort()}`;
  const env = { PATH: process.env.PATH, HOME: home, KINTSUGI_HOME: home };
  const child = spawn(KINTSUGI, ['up', '--port', new URL(url).port], { env, stdio: 'ignore' });
  await untilUp(child, `${url}/health`);
  // The first start writes its admin's key once the door is open.
  while (!existsSync(join(home, 'aws-credentials'))) await new Promise((resolve) => setTimeout(resolve, 20));
  const written = readFileSync(join(home, 'aws-credentials'), 'utf8');
  const secret = (name: string) => new RegExp(`${name} = (.+)`).exec(written)?.[1] ?? '';
  const credentials = { accessKeyId: secret('aws_access_key_id'), secretAccessKey: secret('aws_secret_access_key') };
  const stop = async () => {
    await end(child);
    rmSync(home, { recursive: true, force: true });
  };
  return { url, credentials, stop };
}

/** null where the machine has no moto_server. */
export async function startMoto(): Promise<BenchServer | null> {
  if (spawnSync('moto_server', ['--help']).status !== 0) return null;
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}`;
  // Found by its shim, a kill of which would leave the server behind: it gets a process group of its own.
  const child = spawn('moto_server', ['-p', String(port)], { stdio: 'ignore', detached: true });
  await untilUp(child, url);
  return { url, credentials: { accessKeyId: 'AKIABENCH', secretAccessKey: 'bench' }, stop: () => end(child, true) };
}

async function untilUp(child: ChildProcess, url: string): Promise<void> {
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function end(child: ChildProcess, isGroup = false): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (isGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  else child.kill('SIGTERM');
  if (child.exitCode === null) await ended;
}
