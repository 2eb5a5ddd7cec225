import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { eventually, ManagedNode, shell } from '../../test/managed-node.ts';

const HOUR_MS = 3600_000;

suite('A node', { concurrency: 3 }, () => {
  test('registers with an activation, keeps its key for its owner alone, and tells who it is', async (t) => {
    const node = await ManagedNode.make(t);
    assert.equal(node.service.calls[0]?.operation, 'RegisterManagedInstance');
    const { PublicKey, PublicKeyType, Fingerprint } = node.service.calls[0]?.body ?? {};
    assert.equal(PublicKeyType, 'Rsa');
    assert.equal(String(PublicKey).length, 392);
    assert.match(String(Fingerprint), /^[0-9a-f-]{36}$/);
    assert.equal(statSync(join(node.state, 'key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(node.state).mode & 0o777, 0o700);
    node.start();
    const beat = () => node.service.calls.find(({ operation }) => operation === 'UpdateInstanceInformation');
    await node.service.until(() => beat() !== undefined);
    const { InstanceId, AgentVersion, PlatformType, ComputerName } = beat()?.body ?? {};
    assert.deepEqual([InstanceId, PlatformType], [node.service.instanceId, 'Linux']);
    assert.match(String(AgentVersion), /^\d+(\.\d+){2,3}$/);
    assert.notEqual(ComputerName, '');
    const token = node.service.calls.find(({ operation }) => operation === 'RequestManagedInstanceRoleToken');
    assert.equal(token?.body.Fingerprint, Fingerprint);
    assert.deepEqual(node.service.faults, []);
  });

  test('that did not hear its id asks again in the same words', async (t) => {
    const node = await ManagedNode.make(t);
    const other = ['--state', node.path('other')];
    node.service.interfere = () => 'hang up';
    assert.equal((await node.command('register', ...node.registration(), ...other)).code, 5);
    node.service.interfere = null;
    assert.equal((await node.command('register', ...node.registration(), ...other)).code, 0);
    const [own, first, second] = node.service.calls.map(({ body }) => body);
    assert.deepEqual(first, second);
    assert.notEqual(own?.PublicKey, first?.PublicKey);
    assert.notEqual(own?.Fingerprint, first?.Fingerprint);
  });

  test('gets new keys when the server says that its own are over', async (t) => {
    const node = await ManagedNode.run(t);
    await node.service.final(node.service.command([shell('one', 'true')]));
    node.service.expireKeys();
    assert.equal((await node.service.final(node.service.command([shell('two', 'true')]))).documentStatus, 'Success');
    const tokens = node.service.calls.filter(({ operation }) => operation === 'RequestManagedInstanceRoleToken');
    assert.equal(tokens.length, 2);
    assert.deepEqual(node.service.faults, []);
  });

  test('changes its key when the server asks for it, also when it does not hear the answer', async (t) => {
    const node = await ManagedNode.make(t);
    const { publicKey } = node.service;
    node.service.askForNewKey = true;
    node.service.interfere = ({ operation, body }) => {
      if (operation !== 'UpdateManagedInstancePublicKey') return undefined;
      node.service.publicKey = String(body.NewPublicKey);
      node.service.askForNewKey = false;
      return 'hang up';
    };
    node.start();
    await node.service.final(node.service.command([shell('one', 'true')]));
    assert.notEqual(node.service.publicKey, publicKey);
    await node.stop('SIGKILL');
    // The first question of the next agent is still signed with the old key.
    node.start();
    await node.service.until(() => node.service.faults.length > 0);
    assert.equal((await node.service.final(node.service.command([shell('two', 'true')]))).documentStatus, 'Success');
    assert.deepEqual(node.service.faults, ['RequestManagedInstanceRoleToken: the signature does not match']);
    node.service.interfere = null;
    node.service.askForNewKey = true;
    node.service.expireKeys();
    const changed = node.service.publicKey;
    await node.service.final(node.service.command([shell('three', 'true')]));
    await node.service.until(() => node.service.publicKey !== changed);
    node.service.askForNewKey = false;
    await eventually(() => !node.stored('').includes('key.next.pem'));
    node.service.expireKeys();
    assert.equal((await node.service.final(node.service.command([shell('four', 'true')]))).documentStatus, 'Success');
    assert.equal(node.service.faults.length, 1);
  });

  test('allows for a clock that differs from that of the server', async (t) => {
    const node = await ManagedNode.make(t);
    node.service.clockOffsetMs = -3 * HOUR_MS;
    node.start();
    assert.equal((await node.service.final(node.service.command([shell('one', 'true')]))).documentStatus, 'Success');
    assert.match(node.service.faults[0] ?? '', /RequestManagedInstanceRoleToken: signed at/);
  });

  test('sends its inventory, then only what changed, and all of it when the server has lost it', async (t) => {
    const node = await ManagedNode.run(t);
    const inputs = { applications: 'Enabled', networkConfig: 'Enabled', services: 'Disabled' };
    const gather = async () => {
      const id = node.service.command([{ action: 'aws:softwareInventory', name: 'inventory', inputs }]);
      assert.equal((await node.service.final(id)).documentStatus, 'Success');
    };
    await gather();
    await gather();
    const puts = () => node.service.calls.filter(({ operation }) => operation === 'PutInventory');
    const [first, second] = puts().map(({ body }) => body.Items as Array<Record<string, unknown>>);
    const hashes = (items: Array<Record<string, unknown>> = []) => items.map(({ ContentHash }) => ContentHash);
    assert.deepEqual(hashes(first), hashes(second));
    assert.ok(first?.every(({ Content }) => Array.isArray(Content)));
    assert.ok(second?.every((item) => !('Content' in item)));
    const own = (first?.[0]?.Content as Array<Record<string, string>> | undefined)?.[0];
    assert.equal(own?.InstanceId, node.service.instanceId);
    let refused = false;
    node.service.interfere = ({ operation }) => {
      if (operation !== 'PutInventory' || refused) return undefined;
      refused = true;
      return { status: 400, body: { __type: 'com.amazonaws.ssm#ItemContentMismatchException' } };
    };
    await gather();
    const [, , third, fourth] = puts().map(({ body }) => body.Items as Array<Record<string, unknown>>);
    assert.ok(third?.every((item) => !('Content' in item)));
    assert.ok(fourth?.every(({ Content }) => Array.isArray(Content)));
  });

  test('downloads the content of a document as it is, into a file or a folder', async (t) => {
    const node = await ManagedNode.run(t);
    const Content = 'not JSON: \u2028 "ü"\n';
    node.service.interfere = ({ operation }) =>
      operation === 'GetDocument' ? { status: 200, body: { Content } } : undefined;
    const load = (name: string, sourceType: string, reference: string, destinationPath: string) => {
      const sourceInfo = JSON.stringify({ name: reference });
      return { action: 'aws:downloadContent', name, inputs: { sourceType, sourceInfo, destinationPath } };
    };
    const id = node.service.command([
      load('file', 'SSMDocument', 'plan:7', node.path('file')),
      load('folder', 'SSMDocument', 'plan', node.folder),
      load('elsewhere', 'S3', 'plan', node.path('no')),
    ]);
    await node.service.final(id);
    const { file, folder, elsewhere } = node.service.steps(id);
    assert.deepEqual([file?.status, folder?.status, elsewhere?.status], ['Success', 'Success', 'Failed']);
    assert.deepEqual([node.read('file'), node.read('plan.json')], [Content, Content]);
    const asked = node.service.calls.filter(({ operation }) => operation === 'GetDocument').map(({ body }) => body);
    assert.deepEqual(asked, [{ Name: 'plan', DocumentVersion: '7' }, { Name: 'plan' }]);
  });
});

suite('The commands of the agent', { concurrency: 3 }, () => {
  test('register refuses what is not encrypted, not valid or not known, and never registers twice', async (t) => {
    const node = await ManagedNode.make(t);
    const [, , ...rest] = node.registration();
    const other = ['--state', node.path('other')];
    const plain = await node.command('register', '--endpoint', 'http://192.0.2.1:8420', ...rest, ...other);
    assert.deepEqual([plain.code, plain.stderr.includes('is not encrypted')], [2, true]);
    const path = await node.command('register', '--endpoint', `${node.service.url}/path`, ...rest, ...other);
    assert.equal(path.code, 2);
    const twice = await node.command('register', ...node.registration());
    assert.deepEqual([twice.code, twice.stderr.includes(node.service.instanceId)], [9, true]);
    const third = ['--state', node.path('third'), '--json'];
    const typed = await node.command('register', ...node.registration(), ...third, '--activation-code', '-');
    assert.equal(JSON.parse(typed.stdout).instanceId, node.service.instanceId);
    const wrong = await node.command('register', ...node.registration(), ...other, '--activation-code', 'x'.repeat(20));
    assert.deepEqual([wrong.code, wrong.stderr.includes('InvalidActivation')], [9, true]);
    await node.service.down();
    const away = await node.command('register', ...node.registration(), ...other, '--json');
    assert.deepEqual([away.code, JSON.parse(away.stdout).error.code], [5, 'ServerUnreachable']);
    assert.deepEqual(
      node.stored('../other').filter((name) => name === 'registration.json'),
      [],
    );
  });

  test('run needs a registration, and is alone on its state', async (t) => {
    const node = await ManagedNode.run(t);
    assert.equal((await node.command('run', '--state', node.path('none'))).code, 2);
    await eventually(() => node.log.includes('serves'));
    const second = await node.command('run', '--once');
    assert.deepEqual([second.code, second.stderr.includes('already runs')], [6, true]);
    assert.equal(await node.stop('SIGTERM'), 0);
  });

  test('status tells who the node is, whether its agent runs, and what it is at', async (t) => {
    const node = await ManagedNode.run(t);
    const id = node.service.command([
      shell('one', 'true'),
      shell('two', `until [ -e '${node.path('go')}' ]; do sleep 0.05; done`),
    ]);
    await node.service.until(() => node.service.steps(id).one !== undefined);
    const running = await node.command('status', '--json');
    const status = JSON.parse(running.stdout);
    assert.deepEqual([running.code, status.running, status.instanceId], [0, true, node.service.instanceId]);
    assert.equal(status.documents[0].commandId, id.split('.')[2]);
    assert.deepEqual([status.documents[0].steps, status.documents[0].stepsOver], [2, 1]);
    await writeFile(node.path('go'), '');
    await node.service.final(id);
    await node.stop('SIGTERM');
    const stopped = await node.command('status');
    assert.deepEqual([stopped.code, stopped.stdout.includes('does NOT run')], [5, true]);
  });

  test('uninstall asks for a word, spares an agent that runs, and leaves nothing but strange files', async (t) => {
    const node = await ManagedNode.run(t);
    await eventually(() => node.log.includes('serves'));
    assert.equal((await node.command('uninstall', '--yes')).code, 6);
    await node.stop('SIGTERM');
    assert.equal((await node.command('uninstall')).code, 2);
    await writeFile(join(node.state, 'mine'), '');
    const done = await node.command('uninstall', '--yes');
    assert.equal(done.code, 0);
    assert.match(done.stdout, new RegExp(`deregister-managed-instance --instance-id ${node.service.instanceId} `));
    assert.deepEqual(node.stored(''), ['mine']);
    assert.equal((await node.command('status', '--json')).code, 5);
  });
});
