import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentOf, givenTo, hasApt, newHome, processesWith, startUpIn, type Up } from './up-process.ts';

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

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

test('kintsugi up enrols its machine, scans it, keeps it scan-only, and finds it again after a kill', async (t) => {
  if (!hasApt(t)) return;
  const home = newHome(t);
  let up = await startUpIn(t, home);
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
    const file = join(home, 'postgres/data/postmaster.pid');
    // For a moment there is none, or an empty one.
    const postmaster = () => (existsSync(file) && Number(readFileSync(file, 'utf8').split('\n')[0])) || 0;
    const pid = postmaster();
    process.kill(pid, 'SIGKILL');
    // Its children answer for a moment more.
    await until(() => ![0, pid].includes(postmaster()));
    const answers = () => up.call('DescribeInstanceInformation', {}).catch(() => null);
    for (let found = null; found?.InstanceInformationList[0]?.InstanceId !== instanceId; await sleep(100))
      found = await answers();
    assert.equal(await outcome(up, instanceId, 'AWS-RunPatchBaseline', { Operation: ['Scan'] }), 'Success Success');
  });

  await t.test('a server that is killed takes its agent with it, and the next start is the same node', async () => {
    await up.end('SIGKILL');
    await until(() => agentOf(home).length === 0);
    up = await startUpIn(t, home);
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
    up = await startUpIn(t, home, '--allow-patching');
    assert.equal((await up.scanned).isScanOnly, false);
    const script = { commands: [`touch ${home}/changed`] };
    assert.equal(await outcome(up, instanceId, 'AWS-RunShellScript', script), 'Success Success');
    assert.equal(readFileSync(join(home, 'changed'), 'utf8'), '');
    await up.end('SIGTERM');
    up = await startUpIn(t, home);
    assert.equal((await up.scanned).isScanOnly, true);
    assert.equal(await outcome(up, instanceId, 'AWS-RunShellScript', script), 'Failed AccessDenied');
    await up.end('SIGTERM');
  });
});
