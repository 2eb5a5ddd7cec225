import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../test/patched-fleet.ts';
import { serverProcess } from '../../test/server-process.ts';
import { must, run } from '../command.ts';
import { networkObstacle } from '../network/network.ts';
import { requireLab } from '../require.ts';
import { processesIn } from '../residue.ts';
import { fleetDown, fleetStatus, power } from './fleet.ts';
import { fleets } from './record.ts';
import { fleetUp } from './up.ts';

const OPTIONS = { count: 2, groups: ['dev', 'qa'], variant: 'pending' as const };

test('A fleet', async (t) => {
  if (!(await requireLab(t))) return;
  if (fleets().some(({ isAlive }) => isAlive)) return t.skip('a fleet of the user is up');
  const server = await serverProcess();
  t.after(server.dispose);
  const env = { KINTSUGI_HOME: server.home };
  t.after(() => fleetDown(env));
  const links = await must(['ip', '-brief', 'link']);

  await t.test('is of machines of their own: names, ids, addresses, patch groups', async (t) => {
    await fleetUp(OPTIONS, env, () => {});
    await assert.rejects(
      fleetUp(OPTIONS, env, () => {}),
      /a fleet is up already/,
    );
    const nodes = (await fleetStatus(env)) ?? [];
    assert.deepEqual(
      nodes.map(({ name, patchGroup, isOn }) => [name, patchGroup, isOn]),
      [
        ['lab1', 'dev', true],
        ['lab2', 'qa', true],
      ],
    );
    const ids = nodes.map(({ root }) => readFileSync(join(root, 'etc/machine-id'), 'utf8'));
    assert.equal(new Set(ids).size, 2);
    // biome-ignore lint/suspicious/noExplicitAny: read member by member.
    let told: any[] = [];
    await until('both have told who they are', async () => {
      told = (await server.ask('DescribeInstanceInformation', {})).InstanceInformationList;
      return told.length === 2 && told.every(({ ComputerName }) => ComputerName !== undefined);
    });
    assert.deepEqual(told.map(({ ComputerName }) => ComputerName).sort(), ['lab1', 'lab2']);
    const obstacle = await networkObstacle();
    if (obstacle !== undefined) return t.skip(obstacle);
    assert.deepEqual(told.map(({ IPAddress }) => IPAddress).sort(), ['10.83.0.2', '10.83.0.3']);
    assert.equal(await must(['ip', '-brief', 'link']), links, "nothing is in this machine's own network");
  });

  await t.test('reaches its packages through the network of the lab, and nothing else', async (t) => {
    const [node] = (await fleetStatus(env)) ?? [];
    if (node === undefined || node.address === null) return t.skip('no network of its own');
    const [pid] = processesIn(node.root);
    const inside = (...argv: string[]) => run(['nsenter', '--net', '--root', '--target', String(pid), '--', ...argv]);
    const { status, stderr } = await inside('apt-get', 'update', '-o', 'APT::Update::Error-Mode=any');
    assert.equal(status, 0, stderr);
    assert.notEqual(
      (
        await inside(
          'apt-get',
          'update',
          '-o',
          'Acquire::http::Proxy=DIRECT',
          '-o',
          'APT::Update::Error-Mode=any',
          '-o',
          'Acquire::Retries=0',
        )
      ).status,
      0,
    );
  });

  await t.test('loses a node and gets it back', async () => {
    const isOn = async () => (await fleetStatus(env))?.map((node) => node.isOn);
    await power('lab1', 'off');
    assert.deepEqual(await isOn(), [false, true]);
    await power('lab1', 'on');
    assert.deepEqual(await isOn(), [true, true]);
    await assert.rejects(power('lab9', 'off'), /no node 'lab9'/);
  });

  await t.test('is gone without a trace, also when its keeper was killed', async () => {
    const roots = fleets().flatMap(({ nodes }) => nodes.map(({ root }) => root));
    const [fleet] = fleets();
    assert.ok(fleet !== undefined && fleet.keeper > 1);
    process.kill(fleet.keeper, 'SIGKILL');
    assert.deepEqual(await fleetDown(env), { nodes: ['lab1', 'lab2'], left: null });
    assert.equal(await fleetStatus(env), null);
    for (const root of roots) {
      assert.ok(!existsSync(join(root, '..')));
      assert.deepEqual(processesIn(root), []);
      assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(root));
    }
    assert.equal(await must(['ip', '-brief', 'link']), links);
    assert.deepEqual((await server.ask('DescribeInstanceInformation', {})).InstanceInformationList, []);
  });
});
