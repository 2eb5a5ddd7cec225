import assert from 'node:assert/strict';
import test from 'node:test';
import { labNode, upgradesOn } from '../lab/node.ts';
import { requireLab } from '../lab/require.ts';
import { fileHost } from './file-host.ts';
import { hasAwsCli } from './server.ts';
import { commandEnd, REGION, startWholeServer } from './whole-server.ts';

const named = (list: { name: string; version: string }[]) =>
  JSON.stringify({
    patches: list.map(({ name, version }) => ({ id: `${name}.*`, title: `${name}.*:${version}` })),
  });

test('The AWS CLI runs hooks, an override list and the inventory on a real node', async (t) => {
  if (!(await requireLab(t, 'mirror'))) return;
  if (!hasAwsCli()) return t.skip('there is no AWS CLI on this machine');
  let list = '';
  const files = await fileHost((path) => (path === '/list.yaml' ? { body: list } : null));
  if (files === null) return t.skip('no openssl here');
  t.after(files.close);
  const fleet = await startWholeServer({ downloads: { allowPrivate: true, ca: files.ca } });
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
  const send = async (document: string, parameters: object, expected = 'Success') => {
    const { Command } = await fleet.ssm(
      'send-command',
      '--document-name',
      document,
      '--instance-ids',
      id,
      '--parameters',
      JSON.stringify(parameters),
    );
    const end = await commandEnd(fleet, Command.CommandId);
    const { CommandInvocations } = await fleet.ssm(
      'list-command-invocations',
      '--command-id',
      Command.CommandId,
      '--details',
    );
    assert.equal(end.Status, expected, JSON.stringify(CommandInvocations));
    return CommandInvocations[0].CommandPlugins as { Name: string; Status: string; Output: string }[];
  };
  const missing = async () =>
    (await fleet.ssm('describe-instance-patches', '--instance-id', id, '--filters', 'Key=State,Values=Missing'))
      .Patches;
  const states = async () =>
    (await fleet.ssm('describe-instance-patch-states', '--instance-ids', id)).InstancePatchStates[0];

  await t.test('the inventory of the node is gathered and listed', async () => {
    const [plugin] = await send('AWS-GatherSoftwareInventory', {
      files: ['[{"Path":"/etc","Pattern":["hostname","os-release*"],"Recursive":false}]'],
    });
    assert.match(plugin?.Output ?? '', /AWS:Application: \d{2,}\n/);
    assert.match(plugin?.Output ?? '', /AWS:WindowsUpdate: not gathered, only Windows has it/);
    const entries = async (type: string) =>
      (await fleet.ssm('list-inventory-entries', '--instance-id', id, '--type-name', type)).Entries;
    const bash = (await entries('AWS:Application')).find(({ Name }: { Name: string }) => Name === 'bash');
    assert.match(bash.InstalledTime, /^20\d\d-/);
    assert.match(bash.Publisher, /@/);
    assert.ok(Number((await entries('AWS:InstanceDetailedInformation'))[0].CPUs) > 0);
    assert.ok(Array.isArray(await entries('AWS:Network')));
    const { Entities } = await fleet.ssm('get-inventory', '--filters', 'Key=AWS:Application.Name,Values=bash');
    assert.equal(Entities[0].Id, id);
  });

  await t.test('a scan tells what it rests on', async () => {
    const [plugin] = await send('AWS-RunPatchBaseline', { Operation: ['Scan'] });
    assert.match(plugin?.Output ?? '', /EVIDENCE:\n {2}gathered at \S+, from package lists of 20/);
    assert.match(plugin?.Output ?? '', /tools: .*apt \d/);
    const args = ['--instance-id', id, '--type-name', 'AWS:Application'];
    const { Entries } = await fleet.ssm('list-inventory-entries', ...args);
    const bash = Entries.find(({ Name }: { Name: string }) => Name === 'bash');
    assert.match(bash.Publisher, /@/, 'a scan keeps what the gathering knew');
  });

  await t.test('both overrides together are refused, and so is a list that is none', async () => {
    const both = { InstallOverrideList: [`${files.url}/list.yaml`], BaselineOverride: [`${files.url}/list.yaml`] };
    const [refused] = await send('AWS-RunPatchBaseline', { Operation: ['Install'], ...both }, 'Failed');
    assert.match(refused?.Output ?? '', /cannot be given together/);
    list = 'patches: [{id: 3}]';
    const alone = { InstallOverrideList: [`${files.url}/list.yaml`] };
    const [broken] = await send('AWS-RunPatchBaseline', { Operation: ['Install'], ...alone }, 'Failed');
    assert.match(broken?.Output ?? '', /patch 1 has no id/);
    assert.equal((await upgradesOn(node.root)).length, 0);
  });

  await t.test('an install takes its list and nothing else; the rest stays missing', async () => {
    const before = await missing();
    assert.ok(before.length > 1, 'there is more than the list takes');
    const [patch] = before;
    const name = patch.Title.split('.')[0];
    list = named([{ name, version: '*' }]);
    const alone = { InstallOverrideList: [`${files.url}/list.yaml`] };
    await send('AWS-RunPatchBaseline', { Operation: ['Install'], RebootOption: ['NoReboot'], ...alone });
    const installed = (await upgradesOn(node.root)).map((line) => line.split(' ')[3]?.split(':')[0]);
    assert.ok(installed.includes(name), installed.join());
    const after = await states();
    assert.ok(after.MissingCount > 0 && after.MissingCount < before.length);
    assert.equal(after.FailedCount, 0);
    assert.equal(after.InstallOverrideList, `${files.url}/list.yaml`);
  });

  const hook = async (name: string, script: string) => {
    const content = {
      schemaVersion: '2.2',
      mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: [script] } }],
    };
    await fleet.ssm(
      'create-document',
      '--name',
      name,
      '--document-type',
      'Command',
      '--content',
      JSON.stringify(content),
    );
  };
  const hooks = { PostInstallHookDocName: ['After'], OnExitHookDocName: ['AtEnd'] };

  await t.test('a hook that fails before the installation stops it, and the last one runs all the same', async () => {
    await hook('Refuses', 'echo not now >&2; exit 3');
    await hook('Before', 'echo before >>/var/lib/hooks; dpkg-query -W | md5sum >/var/lib/hooked-packages');
    await hook(
      'After',
      'echo after >>/var/lib/hooks; dpkg-query -W | md5sum | cmp -s - /var/lib/hooked-packages && exit 1; exit 0',
    );
    await hook('AtEnd', 'echo end >>/var/lib/hooks');
    const count = (await upgradesOn(node.root)).length;
    const refused = { Operation: ['Install'], PreInstallHookDocName: ['Refuses'], ...hooks };
    const plugins = await send('AWS-RunPatchBaselineWithHooks', refused, 'Failed');
    assert.deepEqual(
      plugins.map(({ Name, Status }) => [Name, Status]),
      [
        ['PreInstallHook', 'Failed'],
        ['OnExitHook', 'Success'],
      ],
    );
    assert.match(plugins[0]?.Output ?? '', /not now/);
    assert.equal((await upgradesOn(node.root)).length, count, 'nothing was changed');
  });

  await t.test('hooks run around the installation, each once', async () => {
    const plugins = await send('AWS-RunPatchBaselineWithHooks', {
      Operation: ['Install'],
      PreInstallHookDocName: ['Before'],
      ...hooks,
    });
    assert.deepEqual(
      plugins.map(({ Name, Status }) => [Name, Status]),
      ['PreInstallHook', 'PatchLinux', 'PostInstallHook', 'OnExitHook'].map((name) => [name, 'Success']),
    );
    const { stdout } = await node.root.run(['cat', '/var/lib/hooks']);
    assert.equal(stdout, 'end\nbefore\nafter\nend\n');
    assert.deepEqual([(await states()).MissingCount, (await states()).FailedCount], [0, 0]);
  });

  await t.test('nothing went wrong beside', () => assert.deepEqual(fleet.faults, []));
});
