import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { run } from '../lab/command.ts';
import { closedPort } from '../lab/port.ts';
import { requireLab } from '../lab/require.ts';
import { BIN } from './kintsugi.ts';
import { plainUserArgv } from './plain-user.ts';
import { agentOf, hasApt, newHome, processesWith, startUp, startUpIn } from './up-process.ts';

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
  const up = await startUpIn(t, home, '--no-node');
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
  const up = await startUpIn(t, home, '--no-node');
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

test('a server at every address is not started before nodes can be told where it is', async (t) => {
  const home = newHome(t);
  const up = await run([BIN, 'up', '--host', '0.0.0.0', '--allow-http'], { env: { KINTSUGI_HOME: home } });
  assert.equal(up.status, 2);
  assert.match(up.stderr, /Nodes cannot reach a server at 0\.0\.0\.0[\s\S]*--public-url http:/);
  assert.ok(!existsSync(join(home, 'postgres')));
});
