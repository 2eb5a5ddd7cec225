import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import { assertInstalledOnce, inTheMiddle, patchedFleet, slowness } from './patched-fleet.ts';
import { serverProcess } from './server-process.ts';

test('A server and a PostgreSQL that are killed in the middle of an install on three nodes', async (t) => {
  if (!(await requireLab(t))) return;
  const server = await serverProcess();
  t.after(server.dispose);
  const fleet = await patchedFleet(server, 3);
  t.after(fleet.dispose);
  await slowness(fleet.nodes, 3600);
  const command = await fleet.patch('Install');
  await inTheMiddle(fleet.nodes);

  await t.test('come back, and nothing that was answered is lost', async () => {
    await server.kill();
    await server.start();
    const dead = await server.killPostgres();
    const { Commands } = await server.ask('ListCommands', { CommandId: command });
    assert.equal(Commands[0].Status, 'InProgress', 'also with its PostgreSQL killed, and started again by the server');
    assert.ok(dead > 1);
  });

  await t.test('meanwhile no node counts as compliant, and dpkg was not cut', async () => {
    const states = await fleet.states();
    for (const state of states.values()) assert.ok((state.MissingCount ?? 0) > 0);
    for (const { root } of fleet.nodes)
      assert.match(await root.must(['cat', '/var/log/dpkg.log']), / upgrade kintsugi-lab-slow:all 1\.0 2\.0/);
  });

  await t.test('lead the run to its end: everything is installed once', async () => {
    await slowness(fleet.nodes, 0);
    const ends = await fleet.end(command);
    assert.equal(ends.size, 3);
    for (const end of ends.values()) assert.equal(end.Status, 'Success', JSON.stringify(end));
    for (const node of fleet.nodes) await assertInstalledOnce(node);
    const states = await fleet.states();
    assert.equal(states.size, 3);
    for (const { Operation, MissingCount, FailedCount } of states.values())
      assert.deepEqual([Operation, MissingCount, FailedCount], ['Install', 0, 0]);
    assert.equal(await server.stop(), 0);
  });
});
