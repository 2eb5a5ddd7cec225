import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LabNode } from '../lab/node.ts';
import { requireLab } from '../lab/require.ts';
import { assertInstalledOnce, inTheMiddle, patchedFleet, slowness } from './patched-fleet.ts';
import { versionsOf } from './root-state.ts';
import { serverProcess } from './server-process.ts';

test('Of three nodes one loses its agent, one its power, and one is gone for good', async (t) => {
  if (!(await requireLab(t))) return;
  const server = await serverProcess();
  t.after(server.dispose);
  const fleet = await patchedFleet(server, 3);
  t.after(fleet.dispose);
  const [agentless, powerless, gone] = fleet.nodes as [LabNode, LabNode, LabNode];
  await fleet.end(await fleet.patch('Scan'));
  await slowness(fleet.nodes, 3600);
  await gone.powerOff();
  const command = await fleet.patch('Install', { TimeoutSeconds: 30 });
  await inTheMiddle([agentless, powerless]);
  await agentless.killAgent();
  await powerless.powerOff();
  await slowness(fleet.nodes, 0);
  powerless.powerOn();
  const ends = await fleet.end(command);
  const states = await fleet.states();

  await t.test('a killed agent cuts no dpkg, and the next one tells how it came out', async () => {
    assert.equal(ends.get(agentless.instanceId)?.Status, 'Success', JSON.stringify([...ends]));
    await assertInstalledOnce(agentless);
    const log = await readFile(join(agentless.root.path, 'var/log/kintsugi-agent.log'), 'utf8');
    assert.equal(log.match(/ serves /g)?.length, 2, 'it was started twice');
  });

  await t.test('a node that lost its power is finished once it is back, and compliant only by proof', async () => {
    assert.equal(ends.get(powerless.instanceId)?.Status, 'Success', JSON.stringify([...ends]));
    assert.equal((await versionsOf(powerless.root)).get('kintsugi-lab-slow:all'), '2.0');
    assert.equal(await powerless.root.must(['dpkg', '--audit']), '');
    assert.equal(states.get(powerless.instanceId)?.MissingCount, 0);
  });

  await t.test('a node that is gone ends by its deadline, as unknown', async () => {
    const end = ends.get(gone.instanceId);
    assert.deepEqual([end?.Status, end?.StatusDetails], ['TimedOut', 'DeliveryTimedOut']);
    const Filters = [{ Key: 'AWS:InstanceInformation.InstanceId', Values: [gone.instanceId] }];
    assert.ok(
      (
        await server.ask('DescribeInstanceInformation', {
          Filters: [{ Key: 'InstanceIds', Values: Filters[0]?.Values }],
        })
      ).InstanceInformationList.length === 1,
    );
    const { ResourceComplianceSummaryItems: items } = await server.ask('ListResourceComplianceSummaries', {});
    const own = items.filter((item: { ResourceId: string; Status: string }) => item.ResourceId === gone.instanceId);
    assert.deepEqual(
      own.map((item: { Status: string }) => item.Status),
      ['NON_COMPLIANT'],
    );
    assert.equal((await versionsOf(gone.root)).get('kintsugi-lab-slow:all'), '1.0');
  });
});
