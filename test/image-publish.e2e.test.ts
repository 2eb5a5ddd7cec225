import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort } from '../lab/port.ts';
import { requireLab } from '../lab/require.ts';
import { bakeHome, OLD } from './bake.ts';
import { BIN } from './kintsugi.ts';

const { file, run, answer, checkNothingLeft } = bakeHome();
const SERVER = join(import.meta.dirname, 'bake-server-process.ts');

let server: ChildProcess | null = null;
after(async () => {
  if (server === null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
});

async function serve(port: number): Promise<void> {
  const argv = ['--disable-warning=ExperimentalWarning', SERVER, file(''), String(port)];
  const started = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  server = started;
  await Promise.race([once(started.stdout, 'data'), once(started, 'exit')]);
  assert.equal(started.exitCode, null, 'the server ended');
}

const publish = (args: readonly string[] = []) => {
  const how = ['--baseline', file('baseline.yaml'), '--include', 'openssh-server', ...OLD, '--boot', 'nspawn'];
  return run([BIN, 'image', 'bake', 'web', '--publish', '--approve', '--json', ...how, ...args]);
};

interface Shown {
  execution: { status: string };
  states: { name: string; mark: string; visits?: number }[];
}

async function show(name: string): Promise<Shown> {
  const { stdout, stderr, status } = await run([BIN, 'workflow', 'show', name, '--json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Shown;
}

test('an image is baked through a server that is killed on the way, and becomes gold', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  const port = await closedPort();
  await serve(port);
  const publishing = publish();
  const name = await executionAt('Pack');
  const killed = server;
  const gone = once(killed as ChildProcess, 'exit');
  killed?.kill('SIGKILL');
  await gone;
  await serve(port);
  const first = await publishing;
  // The one that followed it may have found no server; the bake itself goes on.
  if (first.status !== 0) assert.match(first.stdout, /ServerUnreachable/);
  for (;;) {
    const { execution, states } = await show(name);
    if (execution.status === 'RUNNING') {
      await sleep(2000);
      continue;
    }
    assert.equal(execution.status, 'SUCCEEDED');
    assert.deepEqual(
      states.filter(({ mark }) => mark === 'failed'),
      [],
    );
    assert.deepEqual([states.find((one) => one.name === 'Pack')?.visits, states.at(-1)?.mark], [1, 'unreached']);
    break;
  }
  checkNothingLeft('web');
  const [image] = await answer<{ digest: string }[]>(['list']);
  assert.deepEqual((await answer<{ problems: string[] }>(['verify', 'web'])).problems, []);
  const second = await publish();
  assert.equal(second.status, 0, second.stdout + second.stderr);
  const told = JSON.parse(second.stdout);
  assert.deepEqual([told.Result, told.Digest, told.Channel], ['skipped', `sha256:${image?.digest}`, 'gold']);
});

/** The execution, once it runs the state. */
async function executionAt(state: string): Promise<string> {
  for (;;) {
    const { stdout, status } = await run([BIN, 'workflow', 'list', '--json']);
    const name = status === 0 ? (JSON.parse(stdout) as { name: string }[])[0]?.name : undefined;
    if (name !== undefined) {
      const { states, execution } = await show(name);
      assert.equal(execution.status, 'RUNNING');
      if (states.find((one) => one.name === state)?.mark === 'running') return name;
    }
    await sleep(500);
  }
}
