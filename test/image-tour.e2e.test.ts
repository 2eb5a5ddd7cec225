import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort } from '../lab/port.ts';
import { requireLab } from '../lab/require.ts';
import { bakeHome } from './bake.ts';
import { BIN } from './kintsugi.ts';
import { PROJECT, Terminal, tour } from './readme.ts';
import { callServer } from './up-process.ts';

const { file, run, answer, checkNothingLeft } = bakeHome();
const SERVER = join(import.meta.dirname, 'bake-server-process.ts');

let server: ChildProcess | null = null;
let terminal: Terminal | null = null;
after(async () => {
  terminal?.close();
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

/** Few of the updates, so that the bake is short: what is typed is the README's, what is approved is the account's. */
async function approveFew(port: number): Promise<void> {
  const at = { url: `http://127.0.0.1:${port}`, region: 'us-east-1', credentialsFile: file('aws-credentials') };
  const PatchFilters = [{ Key: 'SECTION', Values: ['libs', 'utils', 'localization'] }];
  const PatchRules = [{ PatchFilterGroup: { PatchFilters }, ApproveAfterDays: 0, EnableNonSecurity: true }];
  const input = { Name: 'few', OperatingSystem: 'DEBIAN', ApprovalRules: { PatchRules } };
  const { BaselineId } = (await callServer(at, 'CreatePatchBaseline', input)) as { BaselineId: string };
  await callServer(at, 'RegisterDefaultPatchBaseline', { BaselineId });
}

interface Shown {
  execution: { status: string };
  states: { name: string; mark: string; visits?: number }[];
}

async function show(name: string): Promise<Shown> {
  const { stdout, stderr, status } = await run([BIN, 'workflow', 'show', name, '--json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Shown;
}

/** The newest execution of a family, once it runs the state. */
async function executionAt(family: string, state: string): Promise<string> {
  for (;;) {
    const { stdout, status } = await run([BIN, 'workflow', 'list', '--json']);
    const all = status === 0 ? (JSON.parse(stdout) as { name: string }[]) : [];
    const name = all.find((one) => one.name.startsWith(`${family}-`))?.name;
    if (name !== undefined) {
      const { states, execution } = await show(name);
      assert.equal(execution.status, 'RUNNING', JSON.stringify(execution));
      if (states.find((one) => one.name === state)?.mark === 'running') return name;
    }
    await sleep(500);
  }
}

test('the tour of golden images works when it is copied, line by line, through a server that is killed on the way', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  const [typed, ...more] = tour('A tour of golden images');
  assert.deepEqual([typed?.where, more], ['terminal 2, as root', []]);
  const port = await closedPort();
  await serve(port);
  await approveFew(port);
  const PATH = `${join(PROJECT, 'bin')}:${process.env.PATH}`;
  terminal = new Terminal({ PATH, HOME: file(''), KINTSUGI_HOME: file('') });

  // Somebody has typed the wrong thing, and stops it in the middle.
  const wrong = run([BIN, 'image', 'bake', 'wrong', '--include', 'openssh-server', '--publish']);
  const stopped = await run([BIN, 'workflow', 'stop', await executionAt('wrong', 'Patch')]);
  assert.match(stopped.stdout, /No image is stored, and no channel moves\./);
  assert.equal((await wrong).status, 8);
  const works = () => readdirSync(file('images/.work')).filter((name) => /^wrong\.[0-9a-f]{16}$/.test(name));
  while (works().length > 0) await sleep(200);
  checkNothingLeft('wrong');

  const typing = terminal.type(typed?.text ?? '');
  const name = await Promise.race([executionAt('web', 'Pack'), typing.then(() => assert.fail('it ended before'))]);
  const killed = server as ChildProcess;
  const gone = once(killed, 'exit');
  killed.kill('SIGKILL');
  await gone;
  await serve(port);
  const said = await typing;

  const [image] = await answer<{ digest: string; boot: { mode: string } }[]>(['list']);
  const short = `web@${image?.digest.slice(0, 12)}`;
  for (const line of [
    /^\+ Base /m,
    /^\+ Boot /m,
    new RegExp(`^Baked ${short}, \\d+ updates? over its base\\. It is gold\\.$`, 'm'),
    new RegExp(`^ {2}gold {7}${image?.digest.slice(0, 12)} .*\\n +published as /images/web/gold$`, 'm'),
    /^SUCCEEDED .* kintsugi-bake-golden-image {2}web-/m,
    /^ {2}\| {2}\+ Pack /m,
    /^History$/m,
    /ExecutionSucceeded/,
    new RegExp(`^Nothing to bake: ${short} is what it would come to\\. It is gold\\.$`, 'm'),
    /^[0-9a-f]{8} {2}web: /m,
  ])
    assert.match(said, line);
  assert.equal(image?.boot.mode, 'nspawn');
  const { states } = await show(name);
  assert.deepEqual(
    states.filter(({ mark }) => mark === 'failed'),
    [],
  );
  assert.deepEqual([states.find((one) => one.name === 'Pack')?.visits, states.at(-1)?.mark], [1, 'unreached']);
  checkNothingLeft('web');
  assert.ok(!existsSync(file('images/wrong')));
});
