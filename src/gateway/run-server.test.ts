import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { closedPort } from '../../lab/port.ts';
import { EMPTY_KNOWLEDGE } from '../core/advisories/knowledge.ts';
import { runServer, type ServerOptions } from './run-server.ts';

const KINTSUGI = new URL('../../bin/kintsugi', import.meta.url).pathname;

function homeOf(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'kt-home-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function optionsOf(home: string, faults: unknown[] = []): Promise<ServerOptions> {
  return {
    home,
    databaseUrl: null,
    host: '127.0.0.1',
    port: await closedPort(),
    region: 'eu-central-1',
    publicUrl: null,
    knowledge: async () => EMPTY_KNOWLEDGE,
    onError: (error) => faults.push(error),
  };
}

function clusterPid(home: string): number {
  return Number(readFileSync(join(home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
}

async function isHealthy(url: string): Promise<boolean> {
  return (await fetch(`${url}/health`).catch(() => null))?.status === 200;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

test('a PostgreSQL that is killed is started again, with everything that was answered', async (t) => {
  const home = homeOf(t);
  const faults: unknown[] = [];
  const server = await runServer(await optionsOf(home, faults));
  t.after(server.close);
  await server.store.pool.query('CREATE TABLE kept (word text)');
  await server.store.pool.query("INSERT INTO kept VALUES ('here')");
  const before = clusterPid(home);
  process.kill(before, 'SIGKILL');
  await until(async () => !(await isHealthy(server.url)));
  await until(() => isHealthy(server.url));
  assert.notEqual(clusterPid(home), before);
  assert.deepEqual((await server.store.pool.query('SELECT word FROM kept')).rows, [{ word: 'here' }]);
  assert.ok(faults.some((fault) => /PostgreSQL ended/.test(String(fault))));
});

test('a second server on the same data directory is refused and takes nothing from the first', async (t) => {
  const home = homeOf(t);
  const server = await runServer(await optionsOf(home));
  t.after(server.close);
  await assert.rejects(runServer(await optionsOf(home)), /Another server of Kintsugi keeps the data directory/);
  assert.ok(await isHealthy(server.url));
});

test('a server that is killed leaves its store behind, and the next start finds everything', async (t) => {
  const home = homeOf(t);
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}`;
  const env = { PATH: process.env.PATH, HOME: home, KINTSUGI_HOME: home };
  const start = () => spawn(KINTSUGI, ['up', '--no-node', '--port', String(port)], { env, stdio: 'ignore' });
  const first = start();
  await until(async () => existsSync(join(home, 'aws-credentials')));
  const credentials = readFileSync(join(home, 'aws-credentials'), 'utf8');
  first.kill('SIGKILL');
  await until(async () => !(await isHealthy(url)));
  const second = start();
  await until(() => isHealthy(url));
  assert.equal(readFileSync(join(home, 'aws-credentials'), 'utf8'), credentials);
  const ended = new Promise((resolve) => second.once('exit', resolve));
  second.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.ok(!existsSync(join(home, 'postgres/data/postmaster.pid')), 'a clean stop ends the store as well');
});
