import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../../../test/database.ts';
import { fakeCall, invoke } from '../../../test/fake-call.ts';
import { stateMachineOperations } from './operations.ts';

let store: TestDatabase;
let account = 100_000_000_000;
const now = new Date('2026-01-01T00:00:00Z');
const aborted: string[] = [];
const ROLE = 'arn:aws:iam::123456789012:role/flow';
const PASS = JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Pass', End: true } } });
const OTHER = JSON.stringify({ StartAt: 'B', States: { B: { Type: 'Succeed' } } });
const operations = stateMachineOperations({
  abortExecutions: async (_call, name) => {
    aborted.push(name);
  },
});

before(async () => {
  store = await testDatabase();
});
after(() => store.dispose());
beforeEach(() => {
  account += 1;
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
function call(operation: string, input: object): Promise<any> {
  return invoke(operations, operation, fakeCall(store.db, { account: String(account), now }), input);
}
const arn = (name: string) => `arn:aws:states:us-east-1:${account}:stateMachine:${name}`;
const create = (name: string, more: object = {}) =>
  call('CreateStateMachine', { name, definition: PASS, roleArn: ROLE, ...more });

test('a state machine is created, described, listed, changed and deleted', async () => {
  assert.deepEqual(await create('one', { tags: [{ key: 'team', value: 'ops' }] }), {
    stateMachineArn: arn('one'),
    creationDate: now,
  });
  const { stateMachines } = await call('ListStateMachines', {});
  assert.deepEqual(
    stateMachines.map(({ name }: { name: string }) => name),
    ['one'],
  );
  assert.equal((await call('DescribeStateMachine', { stateMachineArn: arn('one') })).definition, PASS);
  const { revisionId } = await call('UpdateStateMachine', { stateMachineArn: arn('one'), definition: OTHER });
  const changed = await call('DescribeStateMachine', { stateMachineArn: arn('one') });
  assert.deepEqual([changed.definition, changed.revisionId, changed.status], [OTHER, revisionId, 'ACTIVE']);
  assert.deepEqual(await call('ListTagsForResource', { resourceArn: arn('one') }), {
    tags: [{ key: 'team', value: 'ops' }],
  });
  await call('DeleteStateMachine', { stateMachineArn: arn('one') });
  assert.deepEqual(aborted, ['one']);
  await assert.rejects(call('DescribeStateMachine', { stateMachineArn: arn('one') }), {
    code: 'StateMachineDoesNotExist',
    message: `State Machine Does Not Exist: '${arn('one')}'`,
  });
  assert.deepEqual(await call('DeleteStateMachine', { stateMachineArn: arn('one') }), {}, 'deleting again is no error');
});

test('creating the same again answers what is there, and something else of the name is refused', async () => {
  await create('same');
  assert.equal((await create('same', { roleArn: `${ROLE}-2` })).stateMachineArn, arn('same'));
  await assert.rejects(create('same', { definition: OTHER }), { code: 'StateMachineAlreadyExists' });
  const made = await Promise.all([create('both'), create('both'), create('both')]);
  assert.equal(new Set(made.map(({ stateMachineArn }) => stateMachineArn)).size, 1);
});

test('a version freezes a revision, and is published once', async () => {
  const { stateMachineVersionArn } = await create('v', { publish: true, versionDescription: 'first' });
  assert.equal(stateMachineVersionArn, `${arn('v')}:1`);
  const again = await call('PublishStateMachineVersion', { stateMachineArn: arn('v'), revisionId: 'INITIAL' });
  assert.equal(again.stateMachineVersionArn, `${arn('v')}:1`);
  const updated = await call('UpdateStateMachine', { stateMachineArn: arn('v'), definition: OTHER, publish: true });
  assert.equal(updated.stateMachineVersionArn, `${arn('v')}:2`);
  const first = await call('DescribeStateMachine', { stateMachineArn: `${arn('v')}:1` });
  assert.deepEqual([first.definition, first.description], [PASS, 'first']);
  await assert.rejects(call('PublishStateMachineVersion', { stateMachineArn: arn('v'), revisionId: 'INITIAL' }), {
    code: 'ConflictException',
  });
  const listed = await call('ListStateMachineVersions', { stateMachineArn: arn('v'), maxResults: 1 });
  assert.equal(listed.stateMachineVersions[0].stateMachineVersionArn, `${arn('v')}:2`);
  const rest = await call('ListStateMachineVersions', { stateMachineArn: arn('v'), nextToken: listed.nextToken });
  assert.equal(rest.stateMachineVersions[0].stateMachineVersionArn, `${arn('v')}:1`);
  await call('DeleteStateMachineVersion', { stateMachineVersionArn: `${arn('v')}:2` });
  await call('UpdateStateMachine', { stateMachineArn: arn('v'), definition: PASS });
  const third = await call('PublishStateMachineVersion', { stateMachineArn: arn('v') });
  assert.equal(third.stateMachineVersionArn, `${arn('v')}:3`, 'a number is not given again');
});

test('an alias routes to one or two versions, which it keeps from being deleted', async () => {
  await create('a', { publish: true });
  await call('UpdateStateMachine', { stateMachineArn: arn('a'), definition: OTHER, publish: true });
  const route = (version: number, weight: number) => ({ stateMachineVersionArn: `${arn('a')}:${version}`, weight });
  const made = await call('CreateStateMachineAlias', { name: 'live', routingConfiguration: [route(1, 100)] });
  assert.equal(made.stateMachineAliasArn, `${arn('a')}:live`);
  await assert.rejects(call('CreateStateMachineAlias', { name: 'live', routingConfiguration: [route(2, 100)] }), {
    code: 'ConflictException',
  });
  const canary = [route(1, 90), route(2, 10)];
  await call('UpdateStateMachineAlias', { stateMachineAliasArn: `${arn('a')}:live`, routingConfiguration: canary });
  const { routingConfiguration } = await call('DescribeStateMachineAlias', {
    stateMachineAliasArn: `${arn('a')}:live`,
  });
  assert.deepEqual(routingConfiguration, canary);
  const named = await call('ListStateMachineAliases', { stateMachineArn: `${arn('a')}:2` });
  assert.equal(named.stateMachineAliases.length, 1);
  await assert.rejects(call('DeleteStateMachineVersion', { stateMachineVersionArn: `${arn('a')}:2` }), {
    code: 'ConflictException',
    message: /\[live\]$/,
  });
  for (const wrong of [
    [route(1, 90), route(2, 20)],
    [route(1, 50), route(1, 50)],
    [{ stateMachineVersionArn: arn('a'), weight: 100 }],
  ])
    await assert.rejects(call('CreateStateMachineAlias', { name: 'x', routingConfiguration: wrong }), {
      code: 'ValidationException',
    });
  await assert.rejects(call('CreateStateMachineAlias', { name: 'x', routingConfiguration: [route(9, 100)] }), {
    code: 'ResourceNotFound',
  });
  await call('DeleteStateMachineAlias', { stateMachineAliasArn: `${arn('a')}:live` });
  await call('DeleteStateMachineVersion', { stateMachineVersionArn: `${arn('a')}:2` });
});

test('activities are names, made once', async () => {
  const made = await call('CreateActivity', { name: 'approve' });
  assert.deepEqual(await call('CreateActivity', { name: 'approve' }), made);
  const { activityArn } = made;
  await call('TagResource', { resourceArn: activityArn, tags: [{ key: 'k', value: '' }] });
  assert.deepEqual((await call('ListTagsForResource', { resourceArn: activityArn })).tags, [{ key: 'k', value: '' }]);
  await call('UntagResource', { resourceArn: activityArn, tagKeys: ['k', 'none'] });
  assert.deepEqual((await call('ListTagsForResource', { resourceArn: activityArn })).tags, []);
  assert.equal((await call('ListActivities', {})).activities.length, 1);
  await call('DeleteActivity', { activityArn });
  await assert.rejects(call('DescribeActivity', { activityArn }), { code: 'ActivityDoesNotExist' });
  await assert.rejects(call('TagResource', { resourceArn: activityArn, tags: [] }), { code: 'ResourceNotFound' });
});

test('names, ARNs, roles and configurations that cannot be are refused by their names', async () => {
  for (const name of ['a b', 'a/b', 'a:b', '', 'x'.repeat(81), 'a\u0000', '<a>', 'a?'])
    await assert.rejects(create(name), { code: 'InvalidName' }, JSON.stringify(name));
  for (const wrong of [
    '',
    'x',
    'arn:aws:states:us-east-1:999999999999:stateMachine:a',
    `${arn('a')}:1:2`,
    `${arn('')}`,
  ])
    await assert.rejects(call('DescribeStateMachine', { stateMachineArn: wrong }), { code: 'InvalidArn' }, wrong);
  await assert.rejects(create('r', { roleArn: 'arn:aws:iam::1:user/x' }), { code: 'InvalidArn' });
  await assert.rejects(create('l', { loggingConfiguration: { level: 'ALL' } }), {
    code: 'InvalidLoggingConfiguration',
  });
  await assert.rejects(create('t', { tracingConfiguration: { enabled: true } }), {
    code: 'InvalidTracingConfiguration',
  });
  await assert.rejects(create('d', { versionDescription: 'x' }), { code: 'ValidationException' });
  const tags = Array.from({ length: 51 }, (_, index) => ({ key: `k${index}`, value: '' }));
  await assert.rejects(create('tags', { tags }), { code: 'TooManyTags' });
  await assert.rejects(call('DescribeStateMachine', { stateMachineArn: arn('tags') }), {
    code: 'StateMachineDoesNotExist',
  });
  await create('u');
  await assert.rejects(call('UpdateStateMachine', { stateMachineArn: arn('u') }), { code: 'MissingRequiredParameter' });
  await assert.rejects(call('ListStateMachines', { nextToken: 'stolen' }), { code: 'InvalidToken' });
});
