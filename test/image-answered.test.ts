import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endOverdueApprovals } from '../src/control/images/channels/approval-end.ts';
import { approvalFlow } from './approval-flow.ts';

type Flow = Awaited<ReturnType<typeof approvalFlow>>;
let { world, inOne, asked, ended, decide, dispose }: Flow = {} as Flow;
before(async () => {
  ({ world, inOne, asked, ended, decide, dispose } = await approvalFlow());
});
after(() => dispose());

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
