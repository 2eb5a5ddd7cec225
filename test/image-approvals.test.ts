import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExecution } from '../src/control/executions/describe.ts';
import { ExecutionEngine } from '../src/control/executions/engine.ts';
import { startExecution } from '../src/control/executions/start.ts';
import { stopExecution } from '../src/control/executions/stop.ts';
import { endOverdueApprovals } from '../src/control/images/channels/approval-end.ts';
import { taskRunners } from '../src/gateway/task-runners.ts';
import { fakeCall } from './fake-call.ts';
import { type ImageWorld, imageWorld, newAmi } from './image-world.ts';

const ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:publish';
let world: ImageWorld;
let engine: ExecutionEngine;
before(async () => {
  world = await imageWorld();
  const { db } = world.store;
  engine = new ExecutionEngine({
    db,
    bell: world.bell,
    findTaskRunner: taskRunners({ db, services: world.services, random: Math.random, ownServicesOnAws: false }),
    now: () => new Date(),
    onError: (error) => assert.fail(String(error)),
    beatMs: 50,
  });
});
after(async () => {
  await engine.stop();
  await world.dispose();
});

const DEFINITION = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'Register',
  States: {
    Register: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.register',
      Arguments: { Family: '{% $states.input.Family %}', Digest: '{% $states.input.Digest %}', Parent: null },
      Assign: { family: '{% $states.input.Family %}', digest: '{% $states.input.Digest %}' },
      Next: 'Approve',
    },
    Approve: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.requestApproval.waitForTaskToken',
      Arguments: {
        Family: '{% $family %}',
        Digest: '{% $digest %}',
        Channel: 'gold',
        TaskToken: '{% $states.context.Task.Token %}',
        TimeoutSeconds: 600,
        Message: 'Two updates of openssl.',
      },
      Assign: { by: '{% $states.result.By %}', comment: '{% $states.result.Comment %}' },
      Next: 'Publish',
    },
    Publish: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.promote',
      Arguments: { Family: '{% $family %}', Digest: '{% $digest %}', Channel: 'gold', Expected: null },
      Next: 'Check',
    },
    Check: {
      Type: 'Task',
      Resource: 'arn:aws:states:::kintsugi:image.check',
      Arguments: { Family: '{% $family %}', Digest: '{% $digest %}' },
      Output: { Checked: '{% $states.result %}', By: '{% $by %}', Comment: '{% $comment %}' },
      End: true,
    },
  },
});

const call = () => fakeCall(world.store.db, { now: new Date() });
const inOne = <T>(what: (one: ReturnType<typeof call>) => Promise<T>): Promise<T> =>
  world.store.db.transaction((db) => what({ ...call(), db }));

/** Starts the publication of an image of a family of its own, and waits until somebody is asked. */
async function asked(family: string, definition = DEFINITION) {
  const digest = newAmi();
  const stateMachine = { arn: ARN, name: 'publish', roleArn: 'role', definition };
  const input = JSON.stringify({ Family: family, Digest: digest });
  const { executionArn } = await inOne((one) => startExecution(one, { stateMachine, input }));
  for (;;) {
    const { Approvals } = await world.ask('DescribeImageApprovals', { Family: family, State: 'PENDING' });
    const approval = Approvals.find((one: { Digest: string }) => one.Digest === digest);
    if (approval !== undefined) return { digest, executionArn, approval };
    await sleep(20);
  }
}

async function ended(executionArn: string): Promise<Record<string, unknown>> {
  for (;;) {
    const described = await describeExecution(call(), { executionArn });
    if (described.status !== 'RUNNING') return described;
    await sleep(20);
  }
}
const decide = (operation: 'ApproveImage' | 'RejectImage', ApprovalId: string, more: object = {}) =>
  world.ask(operation, { ApprovalId, ...more });
const stateOf = async (Family: string) =>
  (await world.ask('DescribeImageApprovals', { Family })).Approvals.map((one: { State: string }) => one.State);

test('an approved image is published, and who approved it is told', async () => {
  const { digest, executionArn, approval } = await asked('approved');
  assert.equal(approval.Message, 'Two updates of openssl.');
  assert.equal(approval.ExecutionArn, executionArn);
  assert.ok(!JSON.stringify(approval).includes('Token'));
  const answer = await decide('ApproveImage', approval.ApprovalId, { Comment: 'seen' });
  assert.deepEqual([answer.State, answer.DecidedBy], ['APPROVED', 'arn:aws:iam::000000000000:user/test']);
  const described = await ended(executionArn);
  assert.equal(described.status, 'SUCCEEDED', String(described.cause));
  assert.deepEqual(JSON.parse(String(described.output)), {
    Checked: { Family: 'approved', Digest: digest, Revoked: false },
    By: 'arn:aws:iam::000000000000:user/test',
    Comment: 'seen',
  });
  assert.equal((await world.published('/images/approved/gold'))[0]?.value, digest);
  const { rows } = await world.store.pool.query(
    "SELECT operation, principal FROM audit_entry WHERE operation LIKE '%Image%' ORDER BY sequence",
  );
  const execution = `arn:aws:sts::000000000000:assumed-role/execution/${executionArn.split(':').slice(6).join('/')}`;
  assert.deepEqual(rows, [
    { operation: 'RegisterImage', principal: execution },
    { operation: 'RequestImageApproval', principal: execution },
    { operation: 'ApproveImage', principal: 'arn:aws:iam::000000000000:user/test' },
    { operation: 'PromoteImage', principal: execution },
  ]);
});

test('the first word holds: the same again answers it, another is refused', async () => {
  const { executionArn, approval } = await asked('twice');
  const both = await Promise.all(
    [1, 2, 3].map((n) => decide('ApproveImage', approval.ApprovalId, { Comment: `${n}` })),
  );
  assert.equal(new Set(both.map((one) => one.Comment)).size, 1);
  await assert.rejects(decide('RejectImage', approval.ApprovalId), {
    code: 'ApprovalOver',
    message: /APPROVED already/,
  });
  assert.equal((await ended(executionArn)).status, 'SUCCEEDED');
});

test('a rejected image fails its execution, and nothing is published', async () => {
  const { executionArn, approval } = await asked('rejected');
  await decide('RejectImage', approval.ApprovalId, { Comment: 'the kernel is wrong' });
  const { status, error, cause } = await ended(executionArn);
  assert.deepEqual([status, error], ['FAILED', 'Kintsugi.ApprovalRejected']);
  assert.match(String(cause), /user\/test: the kernel is wrong$/);
  await assert.rejects(decide('ApproveImage', approval.ApprovalId), { code: 'ApprovalOver' });
  assert.deepEqual(await world.published('/images/rejected/gold'), []);
});

test('a rejected image leaves staging for the one before, which was not rejected itself, and the history says why', async () => {
  const staged = async (Family: string) => {
    const { digest, executionArn, approval } = await asked(Family);
    await world.ask('PromoteImage', { Family, Digest: digest, Channel: 'staging' });
    return { digest, executionArn, approval };
  };
  const staging = async (Family: string) => {
    const { Channels } = await world.ask('DescribeImageChannels', { Family });
    return Channels.find((one: { Channel: string }) => one.Channel === 'staging')?.Digest ?? null;
  };
  const [first, second] = [await staged('leaves'), await staged('leaves')];
  await decide('RejectImage', second.approval.ApprovalId, { Comment: 'slow \u001b[31m' });
  assert.equal(await staging('leaves'), first.digest);
  await decide('RejectImage', first.approval.ApprovalId);
  assert.equal(await staging('leaves'), null);
  const history = async () =>
    (await world.ask('ListImageChannelHistory', { Family: 'leaves', Channel: 'staging' })).Moves;
  assert.deepEqual(
    (await history()).map((one: Record<string, unknown>) => [
      one.Version,
      one.Reason,
      one.Previous,
      one.Digest,
      one.Note,
    ]),
    [
      [4, 'REJECTED', first.digest, first.digest, ''],
      [3, 'REJECTED', second.digest, first.digest, 'slow \u001b[31m'],
      [2, 'PROMOTED', first.digest, second.digest, null],
      [1, 'PROMOTED', null, first.digest, null],
    ],
  );
  const third = await staged('leaves');
  assert.deepEqual([await staging('leaves'), (await history())[0].Version], [third.digest, 5]);
  // Another one is in staging by now: it stays.
  const fourth = await staged('leaves');
  await decide('RejectImage', third.approval.ApprovalId);
  assert.equal(await staging('leaves'), fourth.digest);
  await decide('RejectImage', fourth.approval.ApprovalId);
  assert.equal(await staging('leaves'), null, 'nothing that was rejected comes back');
});

test('a task that is ended by its token has answered the approval: who did so is told, and nobody withdrew it', async () => {
  const send = world.services.find(({ name }) => name === 'states')?.operations;
  for (const [family, name, more] of [
    ['by-success', 'SendTaskSuccess', { output: '{"By": "a script", "Comment": ""}' }],
    ['by-failure', 'SendTaskFailure', { error: 'No', cause: 'of the night' }],
  ] as const) {
    const { executionArn, approval } = await asked(family);
    const { rows } = await world.store.pool.query('SELECT token FROM image_approval WHERE id = $1', [
      approval.ApprovalId,
    ]);
    const operation = send?.[name] as (call: object, input: object) => Promise<object>;
    await inOne((call) => operation(call, { taskToken: rows[0].token, ...more }));
    await ended(executionArn);
    assert.equal(await endOverdueApprovals(world.store.db, new Date()), 0);
    const [told] = (await world.ask('DescribeImageApprovals', { Family: family })).Approvals;
    assert.deepEqual([told.State, told.DecidedBy], ['ANSWERED', 'arn:aws:iam::000000000000:user/test']);
    assert.match(told.Comment, new RegExp(`ended by ${name}`));
    await assert.rejects(decide('ApproveImage', approval.ApprovalId), {
      code: 'ApprovalOver',
      message: /ANSWERED already/,
    });
  }
  const operation = send?.SendTaskSuccess as (call: object, input: object) => Promise<object>;
  await assert.rejects(inOne((call) => operation(call, { taskToken: 'x'.repeat(43), output: '{}' })));
});

test('an approval whose time is over is refused at once, and then fails its execution', async () => {
  const { executionArn, approval } = await asked('expired');
  const later = new Date(Number(approval.ExpiresAt) + 1);
  await assert.rejects(world.ask('ApproveImage', { ApprovalId: approval.ApprovalId }, { now: later }), {
    code: 'ApprovalOver',
    message: /EXPIRED/,
  });
  assert.equal(await endOverdueApprovals(world.store.db, new Date()), 0);
  const counts = await Promise.all([1, 2, 3].map(() => endOverdueApprovals(world.store.db, later)));
  assert.equal(
    counts.reduce((sum, one) => sum + one, 0),
    1,
  );
  const { error, cause } = await ended(executionArn);
  assert.equal(error, 'Kintsugi.ApprovalExpired');
  assert.match(String(cause), /Nobody approved ami-/);
  assert.deepEqual(await stateOf('expired'), ['EXPIRED']);
});

test('what is asked for by nobody any more cannot be approved', async () => {
  const { executionArn, approval } = await asked('stopped');
  await inOne((one) => stopExecution(one, { executionArn }));
  await assert.rejects(decide('ApproveImage', approval.ApprovalId), { code: 'ApprovalOver', message: /has ended/ });
  assert.equal(await endOverdueApprovals(world.store.db, new Date()), 1);
  assert.deepEqual(await stateOf('stopped'), ['WITHDRAWN']);
});

test('a revoked image is not approved: who waits for it fails at once', async () => {
  const { digest, executionArn, approval } = await asked('revoked-one');
  await world.ask('RevokeImage', { Digest: digest, Reason: 'CVE-2026-0001' });
  const { error, cause } = await ended(executionArn);
  assert.equal(error, 'Kintsugi.ImageRevoked');
  assert.match(String(cause), /CVE-2026-0001/);
  assert.deepEqual(await stateOf('revoked-one'), ['REVOKED']);
  await assert.rejects(decide('ApproveImage', approval.ApprovalId), { code: 'ApprovalOver' });
});

test('a task fails by name for a revoked image, a lost swap, bad input and a token that is not its own', async () => {
  const { digest } = await asked('named');
  await world.ask('PromoteImage', { Family: 'named', Digest: digest, Channel: 'gold' });
  const other = newAmi();
  await world.ask('RegisterImage', { Family: 'named', Digest: other, Parent: null });
  const failure = async (resource: string, Arguments: object) => {
    const States = { S: { Type: 'Task', Resource: `arn:aws:states:::kintsugi:${resource}`, Arguments, End: true } };
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'S', States });
    const stateMachine = { arn: ARN, name: 'publish', roleArn: 'role', definition };
    const { executionArn } = await inOne((one) => startExecution(one, { stateMachine }));
    return (await ended(executionArn)).error;
  };
  const image = { Family: 'named', Digest: other };
  assert.equal(await failure('image.promote', { ...image, Channel: 'gold', Expected: null }), 'Kintsugi.ChannelMoved');
  assert.equal(await failure('image.promote', { ...image, Channel: 'best' }), 'Kintsugi.BadInput');
  assert.equal(
    await failure('image.promote', { ...image, Channel: 'gold', Digest: newAmi() }),
    'Kintsugi.ImageNotFound',
  );
  const request = { ...image, Channel: 'gold', TaskToken: 'x'.repeat(43) };
  assert.equal(await failure('image.requestApproval.waitForTaskToken', request), 'Kintsugi.BadInput');
  assert.equal(await failure('image.destroy', image), 'Kintsugi.UnknownResource');
  await world.ask('RevokeImage', { Digest: other, Reason: 'bad' });
  assert.equal(await failure('image.check', image), 'Kintsugi.ImageRevoked');
  assert.equal(await failure('image.promote', { ...image, Channel: 'staging' }), 'Kintsugi.ImageRevoked');
  assert.equal(
    await failure('image.register', { Family: 'named', Digest: newAmi(), Parent: other }),
    'Kintsugi.ImageRevoked',
  );
});

test('hostile words about an approval are refused or kept as they are', async () => {
  const { executionArn, approval } = await asked('hostile');
  for (const input of [
    {},
    { ApprovalId: approval.ApprovalId, TaskToken: 'x' },
    { ApprovalId: approval.ApprovalId, Comment: 'x'.repeat(1001) },
    { ApprovalId: approval.ApprovalId, Comment: 'a\u0000' },
    { ApprovalId: 7 },
  ])
    await assert.rejects(world.ask('ApproveImage', input), { code: 'ValidationException' });
  for (const ApprovalId of ['', "' OR true --", 'apr'])
    await assert.rejects(world.ask('ApproveImage', { ApprovalId }), { code: 'ApprovalNotFound' });
  await assert.rejects(world.ask('ApproveImage', { TaskToken: 'y'.repeat(43) }), { code: 'ApprovalNotFound' });
  const comment = '\u202e"}],{"\\u0000 <script>';
  await decide('ApproveImage', approval.ApprovalId, { Comment: comment });
  assert.equal(JSON.parse(String((await ended(executionArn)).output)).Comment, comment);
});

test('approvals are told page by page, the newest first', async () => {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await world.ask('DescribeImageApprovals', { MaxResults: 2, ...(NextToken && { NextToken }) });
    found.push(...page.Approvals.map((one: { ApprovalId: string }) => one.ApprovalId));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  const { Approvals } = await world.ask('DescribeImageApprovals', {});
  assert.deepEqual(
    found,
    Approvals.map((one: { ApprovalId: string }) => one.ApprovalId),
  );
  assert.ok(found.length >= 7);
  const times = Approvals.map((one: { RequestedAt: Date }) => Number(one.RequestedAt));
  assert.deepEqual(
    times,
    [...times].sort((a, b) => b - a),
  );
});
