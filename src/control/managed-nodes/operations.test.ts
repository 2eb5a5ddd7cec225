import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import type { Call } from '../call.ts';
import { tagsOf } from '../tags/tags.ts';
import { findNode, patchGroupOf } from './nodes.ts';
import { managedNodeOperations } from './operations.ts';
import { nodePublicKey } from './public-keys.ts';
import { nodesByTargets } from './targets.ts';

const NOW = new Date('2026-03-01T00:00:00Z');
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);

let store: TestDatabase;
before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());

const issued: string[] = [];
const left: string[] = [];
const operations = managedNodeOperations({
  issueNodeCredentials: async (_db, account, instanceId) => {
    issued.push(`${account} ${instanceId}`);
    const TokenExpirationDate = minutes(60);
    return { AccessKeyId: 'ASIATEST', SecretAccessKey: 's', SessionToken: 't', TokenExpirationDate };
  },
  nodeLeaves: [
    async (_db, _account, instanceId) => {
      left.push(instanceId);
    },
  ],
});

type Answer = Record<string, never> & { [key: string]: never };
const ask = (name: string, input: object, given: Partial<Call> = {}) =>
  invoke<Answer>(operations, name, fakeCall(store.db, { now: NOW, ...given }), input);

function asNode(instanceId: string, accessKeyId = instanceId, account = '000000000000'): Partial<Call> {
  return { account, principal: { account, role: 'node', accessKeyId, instanceId, arn: 'arn:test' } };
}

function newKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}
const KEY = newKey();

async function activate(input: object = {}, given: Partial<Call> = {}) {
  const answer = await ask('CreateActivation', { IamRole: 'role', ...input }, given);
  return answer as unknown as { ActivationId: string; ActivationCode: string };
}

async function register(activation: object, given: Partial<Call> = {}, key = newKey()): Promise<string> {
  const node = { Fingerprint: 'finger', PublicKey: key, PublicKeyType: 'Rsa' };
  const { InstanceId } = await ask('RegisterManagedInstance', { ...activation, ...node }, given);
  return InstanceId as unknown as string;
}

test('a node registers with an activation and takes its name, role and tags', async () => {
  const Tags = [{ Key: 'Patch Group', Value: 'web' }];
  const activation = await activate({ DefaultInstanceName: 'web server', Tags, RegistrationLimit: 3 });
  const id = await register(activation, {}, KEY);
  assert.match(id, /^mi-[0-9a-f]{17}$/);
  assert.deepEqual(await tagsOf(store.db, '000000000000', 'ManagedInstance', id), Tags);
  assert.equal(await patchGroupOf(store.db, '000000000000', id), 'web');
  const node = await findNode(store.db, '000000000000', id);
  assert.equal(node?.name, 'web server');
  assert.equal((await nodePublicKey(store.db, id))?.publicKey.toString('base64'), KEY);
  assert.equal(await nodePublicKey(store.db, 'mi-00000000000000000'), null);
  assert.equal(await register(activation, {}, KEY), id, 'an answer that was lost is given again');
  const { ActivationList } = await ask('DescribeActivations', {
    Filters: [{ FilterKey: 'ActivationIds', FilterValues: [activation.ActivationId] }],
  });
  assert.equal((ActivationList as unknown as [{ RegistrationsCount: number }])[0].RegistrationsCount, 1);
});

test('the code is nowhere in the database, and a wrong one is told like an unknown activation', async () => {
  const activation = await activate();
  const { rows } = await store.pool.query('SELECT a::text AS text FROM activation a');
  assert.ok(rows.every(({ text }) => !text.includes(activation.ActivationCode)));
  const wrong = { ...activation, ActivationCode: `${activation.ActivationCode}x` };
  const unknown = { ...activation, ActivationId: '00000000-0000-4000-8000-000000000000' };
  const errors = await Promise.all([wrong, unknown].map((one) => register(one).catch((error) => error)));
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['InvalidActivation', 'InvalidActivation'],
  );
  assert.equal(errors[0].message, errors[1].message);
});

test('an activation ends after a day if nothing else is said, lives 30 days at the most, and can be deleted', async () => {
  const activation = await activate({ RegistrationLimit: 2 });
  await register(activation, { now: minutes(24 * 60 - 1) });
  await assert.rejects(register(activation, { now: minutes(24 * 60) }), { code: 'ActivationExpired' });
  const day = 24 * 60;
  await activate({ ExpirationDate: minutes(30 * day) });
  for (const at of [0, -1, 30 * day + 1])
    await assert.rejects(activate({ ExpirationDate: minutes(at) }), { code: 'InvalidParameters' });
  const { ActivationId } = activation;
  assert.deepEqual(await ask('DeleteActivation', { ActivationId }), {});
  await assert.rejects(ask('DeleteActivation', { ActivationId }), { code: 'InvalidActivationId' });
  await assert.rejects(register(activation), { code: 'InvalidActivation' });
});

test('nodes that register at the same time never exceed the limit', async () => {
  const activation = await activate({ RegistrationLimit: 3 });
  const keys = Array.from({ length: 8 }, newKey);
  const results = await Promise.allSettled(keys.map((key) => register(activation, {}, key)));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 5);
  assert.ok(refused.every(({ reason }) => reason.code === 'RegistrationLimitExceeded'));
});

test('a key that is weak, of another kind or no key at all is refused', async () => {
  const activation = await activate();
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey;
  const keys = [weak, curve].map((key) => key.export({ format: 'der', type: 'spki' }).toString('base64'));
  for (const key of [...keys, 'A'.repeat(392), '', '\0'])
    await assert.rejects(register(activation, {}, key), { code: 'ValidationException' });
});

test('credentials are given to the machine that registered, and only when it signs with its own key', async () => {
  const id = await register(await activate());
  const token = (Fingerprint: string, given: Partial<Call>) =>
    ask('RequestManagedInstanceRoleToken', { Fingerprint }, given);
  const answer = await token('finger', asNode(id));
  assert.equal(answer.AccessKeyId, 'ASIATEST');
  assert.equal(answer.UpdateKeyPair, false);
  assert.equal(issued.at(-1), `000000000000 ${id}`);
  await assert.rejects(token('other', asNode(id)), { code: 'MachineFingerprintDoesNotMatch' });
  await assert.rejects(token('finger', asNode(id, 'ASIATEST')), { code: 'AccessDeniedException' });
  await assert.rejects(token('finger', {}), { code: 'AccessDeniedException' });
  const fresh = newKey();
  const rotate = { NewPublicKey: fresh, NewPublicKeyType: 'Rsa' };
  await assert.rejects(ask('UpdateManagedInstancePublicKey', rotate, asNode(id, 'ASIATEST')));
  await ask('UpdateManagedInstancePublicKey', rotate, asNode(id));
  await ask('UpdateManagedInstancePublicKey', rotate, asNode(id));
  assert.equal((await nodePublicKey(store.db, id))?.publicKey.toString('base64'), fresh);
});

test('a heartbeat tells what the node is, for this node alone, and its status follows from the silence since', async () => {
  const account = 'ping';
  const id = await register(await activate({}, { account }));
  const beat = (input: object, at: number, who = id) =>
    ask(
      'UpdateInstanceInformation',
      { InstanceId: id, ...input },
      { ...asNode(who, 'ASIA', account), now: minutes(at) },
    );
  const look = async (at: number, Filters: object[] = []) => {
    const answer = await ask('DescribeInstanceInformation', { Filters }, { account, now: minutes(at) });
    return answer.InstanceInformationList as unknown as Record<string, unknown>[];
  };
  assert.equal((await look(0))[0]?.PingStatus, 'Inactive');
  await beat({ PlatformType: 'Linux', PlatformName: 'Debian GNU/Linux', AgentVersion: '3.3.0.0' }, 1);
  await beat({ IPAddress: '10.0.0.1', ComputerName: 'a' }, 5);
  const [told] = await look(6);
  assert.equal(told?.PlatformName, 'Debian GNU/Linux');
  assert.equal(told?.IPAddress, '10.0.0.1');
  const statuses = [
    [5, 'Online'],
    [16, 'Online'],
    [17, 'ConnectionLost'],
    [4 + 30 * 24 * 60, 'ConnectionLost'],
    [6 + 30 * 24 * 60, 'Inactive'],
  ] as const;
  for (const [at, status] of statuses) {
    assert.equal((await look(at))[0]?.PingStatus, status);
    assert.equal((await look(at, [{ Key: 'PingStatus', Values: [status] }])).length, 1, `${status} at ${at}`);
  }
  assert.equal((await look(6, [{ Key: 'PingStatus', Values: ['Inactive', 'ConnectionLost'] }])).length, 0);
  await assert.rejects(beat({}, 6, 'mi-0123456789abcdef0'), { code: 'AccessDeniedException' });
  await assert.rejects(beat({ ComputerName: 'a\0b' }, 6), { code: 'ValidationException' });
  await assert.rejects(beat({ ComputerName: '\ud800' }, 6), { code: 'ValidationException' });
  await assert.rejects(look(6, [{ Key: 'PingStatus', Values: ['Sleepy'] }]), {
    code: 'InvalidInstanceInformationFilterValue',
  });
  await assert.rejects(look(6, [{ Key: 'constructor', Values: ['x'] }]), { code: 'InvalidFilterKey' });
});

test('nodes are found by both forms of filters, by tags, by versions in their order, and page by page', async () => {
  const account = 'filters';
  const activation = await activate({ RegistrationLimit: 7, Tags: [{ Key: 'env', Value: 'prod' }] }, { account });
  const ids: string[] = [];
  for (const [index, version] of [
    '3.9.0.0',
    '3.10.0.0',
    '3.2.1.0',
    '3.2.1.0',
    '4.0.0.0',
    '4.0.0.0',
    '4.0.0.0',
  ].entries()) {
    const id = await register(activation, { now: minutes(index) }, newKey());
    await ask(
      'UpdateInstanceInformation',
      { InstanceId: id, AgentVersion: version, PlatformType: 'Linux' },
      asNode(id, 'A', account),
    );
    ids.push(id);
  }
  const list = async (operation: string, input: object) => {
    const answer = await ask(operation, input, { account });
    const rows = (answer.InstanceInformationList ?? answer.InstanceProperties) as unknown as { InstanceId: string }[];
    return { found: rows.map(({ InstanceId }) => InstanceId), next: answer.NextToken as string | undefined };
  };
  const information = 'DescribeInstanceInformation';
  const byId = { InstanceInformationFilterList: [{ key: 'InstanceIds', valueSet: [ids[1], ids[0]] }] };
  assert.deepEqual((await list(information, byId)).found, ids.slice(0, 2));
  const byTag = {
    Filters: [
      { Key: 'tag:env', Values: ['prod'] },
      { Key: 'tag-key', Values: ['env'] },
    ],
  };
  assert.equal((await list(information, byTag)).found.length, 7);
  assert.equal((await list(information, { Filters: [{ Key: 'tag:env', Values: ['test'] }] })).found.length, 0);
  const first = await list(information, { MaxResults: 5 });
  assert.deepEqual(first.found, ids.slice(0, 5));
  assert.deepEqual((await list(information, { MaxResults: 5, NextToken: first.next })).found, ids.slice(5));
  const version = (Operator: string, ...Values: string[]) =>
    list('DescribeInstanceProperties', { FiltersWithOperator: [{ Key: 'AgentVersion', Values, Operator }] });
  assert.deepEqual((await version('GreaterThan', '3.9.0.0')).found, [ids[1], ...ids.slice(4)]);
  assert.deepEqual((await version('LessThan', '3.9.0.0')).found, ids.slice(2, 4));
  assert.deepEqual((await version('NotEqual', '4.0.0.0')).found, ids.slice(0, 4));
  assert.deepEqual((await version('BeginWith', '3.', '9')).found, ids.slice(0, 4));
  const targets = (...list: object[]) => nodesByTargets(store.db, account, list);
  assert.deepEqual(
    await targets({ Key: 'tag:env', Values: ['prod'] }, { Key: 'InstanceIds', Values: [ids[2], 'mi-x'] }),
    [ids[2]],
  );
  assert.deepEqual(await targets({ Key: 'tag-key', Values: ['nothing'] }), []);
  assert.deepEqual(await targets(), []);
  await assert.rejects(targets({ Key: 'resource-groups:Name', Values: ['g'] }), /Resource groups are not kept here/);
  const nodes = await ask(
    'ListNodes',
    { Filters: [{ Key: 'AgentVersion', Values: ['4.'], Type: 'BeginWith' }] },
    { account },
  );
  assert.deepEqual(
    (nodes.Nodes as unknown as { Id: string }[]).map(({ Id }) => Id),
    ids.slice(4),
  );
  const count = { AggregatorType: 'Count', TypeName: 'Instance' };
  const Aggregators = [
    { ...count, AttributeName: 'AgentVersion', Aggregators: [{ ...count, AttributeName: 'Region' }] },
  ];
  const { Summary } = await ask('ListNodesSummary', { Aggregators }, { account });
  assert.deepEqual(Summary, [
    { AgentVersion: '3.10.0.0', Region: 'us-east-1', Count: '1' },
    { AgentVersion: '3.2.1.0', Region: 'us-east-1', Count: '2' },
    { AgentVersion: '3.9.0.0', Region: 'us-east-1', Count: '1' },
    { AgentVersion: '4.0.0.0', Region: 'us-east-1', Count: '3' },
  ]);
});

test('a node that is deregistered loses its tags, its key and its credentials; others of the account stay', async () => {
  const activation = await activate({ RegistrationLimit: 2, Tags: [{ Key: 'a', Value: 'b' }] });
  const [gone, stays] = [await register(activation), await register(activation)];
  await ask('UpdateManagedInstanceRole', { InstanceId: gone, IamRole: 'other' });
  assert.equal((await findNode(store.db, '000000000000', gone))?.iamRole, 'other');
  await assert.rejects(ask('DeregisterManagedInstance', { InstanceId: gone }, { account: 'another' }), {
    code: 'InvalidInstanceId',
  });
  assert.deepEqual(await ask('DeregisterManagedInstance', { InstanceId: gone }), {});
  assert.deepEqual(left, [gone]);
  assert.equal(await nodePublicKey(store.db, gone), null);
  assert.deepEqual(await tagsOf(store.db, '000000000000', 'ManagedInstance', gone), []);
  assert.notEqual(await nodePublicKey(store.db, stays), null);
  for (const name of ['DeregisterManagedInstance', 'UpdateManagedInstanceRole'])
    await assert.rejects(ask(name, { InstanceId: gone, IamRole: 'r' }), { code: 'InvalidInstanceId' });
});

test('a node is told that it has no associations', async () => {
  const id = await register(await activate());
  assert.deepEqual(await ask('ListInstanceAssociations', { InstanceId: id }, asNode(id, 'A')), { Associations: [] });
  await assert.rejects(ask('ListInstanceAssociations', { InstanceId: id }), { code: 'AccessDeniedException' });
});
