import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { upgradesOn } from '../lab/node.ts';
import { closedPort } from '../lab/port.ts';
import { requireLab } from '../lab/require.ts';
import type { LabRoot } from '../lab/root.ts';
import { freshRoot } from '../lab/roots.ts';
import { isOnPath } from '../src/platforms/targets/on-path.ts';
import { PROJECT, Terminal, tour } from './readme.ts';
import { hasAwsCli } from './server.ts';
import { processesWith } from './up-process.ts';

const NODE = join(PROJECT, 'node_modules/node/bin/node');

const ENTER = `set -e
R=$1 node=$2 folder=$3 block=$4
mount --make-rprivate /
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755 tour-run "$R/run"
mount -t tmpfs -o mode=1777 tour-tmp "$R/tmp"
mkdir -p "$R/run/lock" "$R/run/systemd" "$R/run/tour" "$R/run/bin"
# On the kernel of another machine, as a container: nothing of it asks for a restart.
echo kintsugi-lab >"$R/run/systemd/container"
: >"$R/run/bin/node"
mount --bind "$node" "$R/run/bin/node"
cp "$folder/dist/kintsugi-agent.mjs" "$folder/dist/activation" "$R/run/tour/"
hostname web1
exec chroot "$R" /usr/bin/env PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -euc "cd /run/tour
$block"`;

/** Types a block on a lab machine, which goes with the test. */
function onNode(t: TestContext, root: LabRoot, text: string): { said: string; machine: ChildProcess } {
  const apart = ['unshare', '--uts', '--mount', '--pid', '--fork', '--kill-child'];
  const argv = ['--pdeathsig', 'KILL', ...apart, 'sh', '-c', ENTER, 'sh', root.path, NODE, PROJECT, text];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const machine = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const told = { said: '', machine };
  for (const stream of [machine.stdout, machine.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      told.said += piece;
    });
  }
  t.after(async () => {
    const gone = new Promise((resolve) => machine.once('close', resolve));
    machine.kill('SIGKILL');
    if (machine.exitCode === null) await gone;
    await root.dispose();
  });
  return told;
}

function stop(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

test('the tour of the README works when it is copied, line by line', async (t) => {
  if (!hasAwsCli()) return t.skip('there is no AWS CLI on this machine');
  if (!isOnPath('apt-get')) return t.skip('needs a machine with dpkg and apt');
  const [start, look, activate, register, patch, ...more] = tour('A tour of the server');
  assert.ok(start && look && activate && register && patch);
  assert.deepEqual(
    [start, look, activate, register, patch].map(({ where }) => where),
    ['terminal 1', 'terminal 2', 'terminal 2', 'on the node, as root', 'terminal 2'],
  );
  assert.deepEqual(more, []);
  assert.equal(start.text, 'npm start\n');

  // An empty home; the port is the only thing that differs, since others may use the usual one here.
  const home = mkdtempSync(join(tmpdir(), 'kt-tour-'));
  t.after(() => {
    rmSync(home, { recursive: true, force: true });
    rmSync(join(PROJECT, 'dist/activation'), { force: true });
  });
  const env = { PATH: process.env.PATH ?? '', HOME: home };
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
  // As npm runs it.
  const line = `${scripts.start} --port ${await closedPort()}`;
  const server = spawn('sh', ['-c', line], { cwd: PROJECT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => stop(server));
  const told = { said: '' };
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      told.said += piece;
    });
  }
  while (!told.said.includes('Next:')) {
    assert.equal(server.exitCode, null, told.said);
    await sleep(100);
  }
  const terminal = new Terminal(env);
  t.after(() => terminal.close());

  await t.test('terminal 1: the server tells its key, its node and the first scan', () => {
    assert.match(told.said, /access key id {6}AKIA/);
    assert.match(told.said, /This machine is enrolled as mi-[0-9a-f]{17}, scan-only/);
    assert.match(told.said, /^(?:COMPLIANT|NON_COMPLIANT|UNKNOWN) {2}/m);
  });

  await t.test('terminal 2: this machine is scanned, and what is missing is shown', async () => {
    const said = await terminal.type(look.text);
    assert.match(said, /Patch Summary for mi-[0-9a-f]{17}/);
    assert.match(said, /OPERATION: Scan/);
  });

  await t.test('another node is registered, given a baseline, scanned, patched, and compliant', async (inner) => {
    if (!(await requireLab(inner, 'mirror'))) return;
    await terminal.type(activate.text);
    assert.ok(existsSync(join(PROJECT, 'dist/activation')));
    const root = await freshRoot('pending');
    const node = onNode(inner, root, register.text);
    while (!/ serves http/.test(node.said)) {
      assert.equal(node.machine.exitCode, null, node.said);
      await sleep(100);
    }
    // A reader takes longer than the agent does for its first heartbeat.
    const pinged = `until [ "$(aws ssm describe-instance-information --filters 'Key=tag:Patch Group,Values=web' --query 'length(InstanceInformationList[?LastPingDateTime])' --output text)" = 1 ]; do sleep 0.5; done`;
    await terminal.type(pinged);
    const said = await terminal.type(patch.text);
    assert.match(said, /"InstancesWithMissingPatches": 1/);
    assert.match(said, /^OPERATION: Install, .*\nSTATUS: COMPLIANT$/m);
    assert.ok((await upgradesOn(root)).length > 0);
    assert.match(said, /secret access key {2}\S+\nrole {15}viewer/);
  });

  await t.test('Ctrl-C ends all of it', async () => {
    assert.equal(await stop(server), 0);
    assert.deepEqual(processesWith(home), []);
  });
});
