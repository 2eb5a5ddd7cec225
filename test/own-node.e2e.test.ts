import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../lab/command.ts';
import { closedPort } from '../lab/port.ts';
import { requireLab } from '../lab/require.ts';
import { isOnPath } from '../src/platforms/targets/on-path.ts';
import { BIN } from './kintsugi.ts';
import { plainUserArgv } from './plain-user.ts';
import { givenTo, processesWith, startUp, type Up } from './up-process.ts';

function newHome(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'kt-own-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function start(t: TestContext, home: string, ...args: string[]): Promise<Up> {
  const env = { HOME: home, KINTSUGI_HOME: home, KINTSUGI_TEST_SECRET: 'not for the agent' };
  const up = startUp(['--port', String(await closedPort()), ...args], env);
  t.after(() => up.end('SIGTERM'));
  return up;
}

/** How a command ended on a node: `Failed AccessDenied`. */
async function outcome(up: Up, instanceId: string, document: string, parameters: object): Promise<string> {
  const input = { DocumentName: document, InstanceIds: [instanceId], Parameters: parameters };
  const { Command } = await up.call('SendCommand', input);
  for (;;) {
    const which = { CommandId: Command.CommandId, InstanceId: instanceId };
    const told = await up.call('GetCommandInvocation', which);
    if (!['Pending', 'InProgress', 'Delayed'].includes(told.Status)) return `${told.Status} ${told.StatusDetails}`;
    await sleep(200);
  }
}

const agentOf = (home: string) => processesWith(`--state\0${join(home, 'agent')}`);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

function hasApt(t: TestContext): boolean {
  const has = isOnPath('dpkg-query') && isOnPath('apt-get');
  if (!has) t.skip('needs a machine with dpkg and apt');
  return has;
}

test('kintsugi up enrols its machine, scans it, keeps it scan-only, and finds it again after a kill', async (t) => {
  if (!hasApt(t)) return;
  const home = newHome(t);
  let up = await start(t, home);
  const { instanceId, isScanOnly, status, counts } = await up.scanned;

  await t.test('the first scan says how the machine is', async () => {
    assert.match(instanceId, /^mi-[0-9a-f]{17}$/);
    assert.equal(isScanOnly, true);
    assert.match(status, /^(?:COMPLIANT|NON_COMPLIANT|UNKNOWN)$/);
    assert.ok(counts !== null && (counts.installed ?? 0) + (counts.installedOther ?? 0) > 0, up.said.err);
    const { InstanceInformationList: list } = await up.call('DescribeInstanceInformation', {});
    assert.deepEqual(
      list.map((one: { InstanceId: string; PingStatus: string }) => [one.InstanceId, one.PingStatus]),
      [[instanceId, 'Online']],
    );
  });

  await t.test('its agent is a process of its own that gets no secret', () => {
    const [pid, ...others] = agentOf(home);
    assert.ok(pid !== undefined && others.length === 0);
    assert.doesNotMatch(givenTo(pid), /KINTSUGI_TEST_SECRET|ACTIVATION|aws_secret/i);
  });

  await t.test('what would change the machine is refused, and scans are not', async () => {
    const script = { commands: [`touch ${home}/changed`] };
    assert.equal(await outcome(up, instanceId, 'AWS-RunShellScript', script), 'Failed AccessDenied');
    const install = { Operation: ['Install'] };
    assert.equal(await outcome(up, instanceId, 'AWS-RunPatchBaseline', install), 'Failed AccessDenied');
    assert.equal(await outcome(up, instanceId, 'AWS-RunPatchBaseline', { Operation: ['Scan'] }), 'Success Success');
    assert.throws(() => readFileSync(join(home, 'changed')), { code: 'ENOENT' });
  });

  await t.test('an agent that is killed is started again', async () => {
    const [before] = agentOf(home);
    process.kill(before ?? 0, 'SIGKILL');
    await until(() => agentOf(home).some((pid) => pid !== before));
    assert.equal(await outcome(up, instanceId, 'AWS-RunPatchBaseline', { Operation: ['Scan'] }), 'Success Success');
  });

  await t.test('a PostgreSQL that is killed loses neither the node nor what was answered', async () => {
    const pid = Number(readFileSync(join(home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    const answers = () => up.call('DescribeInstanceInformation', {}).catch(() => null);
    for (let found = null; found?.InstanceInformationList[0]?.InstanceId !== instanceId; await sleep(100))
      found = await answers();
    assert.equal(await outcome(up, instanceId, 'AWS-RunPatchBaseline', { Operation: ['Scan'] }), 'Success Success');
  });

  await t.test('a server that is killed takes its agent with it, and the next start is the same node', async () => {
    await up.end('SIGKILL');
    await until(() => agentOf(home).length === 0);
    up = await start(t, home);
    const again = await up.scanned;
    assert.equal(again.instanceId, instanceId);
    assert.ok(again.counts !== null, up.said.err);
    const { InstanceInformationList: list } = await up.call('DescribeInstanceInformation', {});
    assert.equal(list.length, 1);
    const { ActivationList: used } = await up.call('DescribeActivations', {});
    assert.deepEqual(
      used.map((one: { RegistrationsCount: number }) => one.RegistrationsCount),
      [1],
    );
  });

  await t.test('it stops cleanly, however often it is told at once, and nothing is left running', async () => {
    up.child.kill('SIGINT');
    assert.equal(await up.end('SIGINT'), 0);
    assert.deepEqual(processesWith(home), []);
  });

  await t.test('--allow-patching lifts the limit, and the next start without it restores it', async () => {
    if (process.getuid?.() !== 0) return;
    up = await start(t, home, '--allow-patching');
    assert.equal((await up.scanned).isScanOnly, false);
    const script = { commands: [`touch ${home}/changed`] };
    assert.equal(await outcome(up, instanceId, 'AWS-RunShellScript', script), 'Success Success');
    assert.equal(readFileSync(join(home, 'changed'), 'utf8'), '');
    await up.end('SIGTERM');
    up = await start(t, home);
    assert.equal((await up.scanned).isScanOnly, true);
    assert.equal(await outcome(up, instanceId, 'AWS-RunShellScript', script), 'Failed AccessDenied');
    await up.end('SIGTERM');
  });
});

test('a plain user has a server whose machine can be scanned, and is told that it cannot be patched', async (t) => {
  if (!hasApt(t) || !(await requireLab(t, 'root'))) return;
  const env = { KINTSUGI_HOME: '/mnt/home' };
  const port = String(await closedPort());
  const up = startUp([], env, plainUserArgv(['up', '--json', '--port', port]));
  t.after(() => up.end('SIGTERM'));
  const scanned = await up.scanned;
  assert.ok(scanned.counts !== null && (scanned.counts.installedOther ?? 0) > 0, up.said.out);
  assert.equal(await up.end('SIGTERM'), 0);
  const refused = await run(plainUserArgv(['up', '--allow-patching', '--port', port]), { env });
  assert.equal(refused.status, 7);
  assert.match(refused.stderr, /Only root can change packages/);
});

test('--no-node leaves the machine alone', async (t) => {
  const home = newHome(t);
  const up = await start(t, home, '--no-node');
  const { InstanceInformationList: list } = await up.call('DescribeInstanceInformation', {});
  assert.deepEqual(list, []);
  assert.deepEqual(agentOf(home), []);
  assert.equal(await up.end('SIGTERM'), 0);
  assert.doesNotMatch(up.said.out, /scanned/);
  const both = await run([BIN, 'up', '--no-node', '--allow-patching'], { env: { KINTSUGI_HOME: home } });
  assert.equal(both.status, 2);
});

test('a machine without dpkg and apt has a server all the same, and is told so in one line', async (t) => {
  const home = newHome(t);
  const tools = join(home, 'tools');
  mkdirSync(tools);
  for (const name of ['sh', 'dirname', 'readlink', 'setpriv']) symlinkSync(`/usr/bin/${name}`, join(tools, name));
  const port = String(await closedPort());
  const up = startUp(['--port', port], { HOME: home, KINTSUGI_HOME: home, PATH: tools });
  t.after(() => up.end('SIGTERM'));
  const { InstanceInformationList: list } = await up.call('DescribeInstanceInformation', {});
  assert.deepEqual(list, []);
  assert.equal(await up.end('SIGTERM'), 0);
  assert.match(up.said.err, /^kintsugi: this machine has no dpkg and apt, so it is not enrolled .*\n/);
});

test('a port that is taken and a data directory that is in use are clear errors, in JSON too', async (t) => {
  const home = newHome(t);
  const up = await start(t, home, '--no-node');
  const { port } = new URL((await up.ready).url);
  const other = newHome(t);
  const taken = await run([BIN, 'up', '--json', '--port', port], { env: { KINTSUGI_HOME: other } });
  assert.equal(taken.status, 2);
  assert.match(JSON.parse(taken.stdout).error.message, /Something listens at 127\.0\.0\.1:\d+ already/);
  const locked = await run([BIN, 'up', '--port', String(await closedPort())], { env: { KINTSUGI_HOME: home } });
  assert.equal(locked.status, 1);
  assert.match(locked.stderr, /Another server of Kintsugi keeps the data directory/);
  assert.deepEqual(processesWith(other), []);
});
