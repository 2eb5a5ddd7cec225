import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startExecution } from '../src/control/executions/start.ts';
import { stopExecution } from '../src/control/executions/stop.ts';
import { endOverdueApprovals } from '../src/control/images/channels/approval-end.ts';
import { ARN, approvalFlow } from './approval-flow.ts';
import { newAmi } from './image-world.ts';

type Flow = Awaited<ReturnType<typeof approvalFlow>>;
let { world, inOne, asked, ended, decide, dispose }: Flow = {} as Flow;
before(async () => {
  ({ world, inOne, asked, ended, decide, dispose } = await approvalFlow());
});
after(() => dispose());

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
