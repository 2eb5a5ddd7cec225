import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { labNode, upgradesOn } from '../lab/node.ts';
import { requireLab } from '../lab/require.ts';
import { hasAwsCli } from './server.ts';
import { commandEnd, REGION, startWholeServer } from './whole-server.ts';

test('The AWS CLI patches a real node: activation, patch group, baseline, scan, install, compliance', async (t) => {
  if (!(await requireLab(t, 'mirror'))) return;
  if (!hasAwsCli()) return t.skip('there is no AWS CLI on this machine');
  const fleet = await startWholeServer();
  t.after(fleet.dispose);
  const activation = await fleet.ssm('create-activation', '--iam-role', 'nodes', '--registration-limit', '1');
  const node = await labNode({
    endpoint: fleet.url,
    region: REGION,
    activationId: activation.ActivationId,
    activationCode: activation.ActivationCode,
    hostname: 'web1',
  });
  t.after(node.dispose);
  const id = node.instanceId;
  // As on a node whose apt-daily is off: nothing has fetched its lists for ten days.
  const then = new Date(Date.now() - 10 * 24 * 3_600_000);
  await utimes(join(node.root.path, 'var/lib/apt/lists/partial'), then, then);

  await t.test('the node is managed and online', async () => {
    const isThere = async () => {
      const { InstanceInformationList: list } = await fleet.ask('DescribeInstanceInformation', {});
      return list[0]?.PingStatus === 'Online' && list[0]?.PlatformName !== undefined;
    };
    while (!(await isThere())) await sleep(100);
    const { InstanceInformationList: list } = await fleet.ssm('describe-instance-information');
    assert.deepEqual([list[0].InstanceId, list[0].PingStatus], [id, 'Online']);
    assert.match(list[0].PlatformName, /^Debian/);
  });

  const group = ['--patch-group', 'web'];
  await t.test('a baseline is made for its patch group', async () => {
    await fleet.ssm(
      'add-tags-to-resource',
      '--resource-type',
      'ManagedInstance',
      '--resource-id',
      id,
      '--tags',
      'Key=Patch Group,Value=web',
    );
    const rules = JSON.stringify({
      PatchRules: [
        {
          PatchFilterGroup: { PatchFilters: [{ Key: 'PRODUCT', Values: ['Debian12'] }] },
          ComplianceLevel: 'CRITICAL',
          ApproveAfterDays: 0,
          EnableNonSecurity: true,
        },
      ],
    });
    const made = await fleet.ssm(
      'create-patch-baseline',
      '--name',
      'Web',
      '--operating-system',
      'DEBIAN',
      '--approval-rules',
      rules,
    );
    await fleet.ssm('register-patch-baseline-for-patch-group', '--baseline-id', made.BaselineId, ...group);
    const found = await fleet.ssm('get-patch-baseline-for-patch-group', ...group, '--operating-system', 'DEBIAN');
    assert.equal(found.BaselineId, made.BaselineId);
  });

  const run = async (operation: 'Scan' | 'Install') => {
    const { Command } = await fleet.ssm(
      'send-command',
      '--document-name',
      'AWS-RunPatchBaseline',
      '--targets',
      'Key=tag:Patch Group,Values=web',
      '--parameters',
      `Operation=${operation}`,
    );
    const end = await commandEnd(fleet, Command.CommandId);
    const invocation = await fleet.ssm(
      'get-command-invocation',
      '--command-id',
      Command.CommandId,
      '--instance-id',
      id,
    );
    assert.equal(end.Status, 'Success', JSON.stringify(invocation));
    return invocation;
  };

  let missing = 0;
  await t.test('a scan fetches the old lists first, and tells what is missing', async () => {
    const invocation = await run('Scan');
    assert.match(invocation.StandardOutputContent, /^ {2}package lists: fetched by this run$/m);
    assert.match(invocation.StandardOutputContent, /STATUS: NON_COMPLIANT/);
    const {
      InstancePatchStates: [state],
    } = await fleet.ssm('describe-instance-patch-states', '--instance-ids', id);
    missing = state.MissingCount;
    assert.ok(missing > 0);
    assert.equal(state.CriticalNonCompliantCount, missing);
    const { Patches } = await fleet.ssm(
      'describe-instance-patches',
      '--instance-id',
      id,
      '--filters',
      'Key=State,Values=Missing',
    );
    assert.equal(Patches.length, missing);
    assert.equal((await upgradesOn(node.root)).length, 0, 'a scan installs nothing');
    const { PatchGroup: _, ...groupState } = await fleet.ssm('describe-patch-group-state', ...group);
    assert.equal(groupState.InstancesWithMissingPatches, 1);
  });

  await t.test('an install installs just that, and proves it', async () => {
    const invocation = await run('Install');
    assert.match(invocation.StandardOutputContent, /STATUS: COMPLIANT/);
    assert.match(invocation.StandardOutputContent, /^ {2}package lists: (?:not fetched again|fetched by this run)/m);
    const {
      InstancePatchStates: [state],
    } = await fleet.ssm('describe-instance-patch-states', '--instance-ids', id);
    assert.deepEqual([state.MissingCount, state.FailedCount, state.Operation], [0, 0, 'Install']);
    const upgrades = await upgradesOn(node.root);
    assert.ok(upgrades.length >= missing);
    assert.equal(
      new Set(upgrades.map((line) => line.split(' ')[3])).size,
      upgrades.length,
      'nothing is installed twice',
    );
  });

  await t.test('nothing went wrong beside', () => assert.deepEqual(fleet.faults, []));
});
