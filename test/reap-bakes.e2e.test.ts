import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf } from './definition-states.ts';
import { emulatedAws, SKIP_WITHOUT_MOTO as skip } from './emulated-aws.ts';
import { BASE_IMAGE } from './moto.ts';
import { type Answering, byAws, playWithAws } from './play-with-aws.ts';
import { query } from './query-call.ts';

const HOUR = 3_600_000;
const BAKE = { Family: 'web', Base: { ImageId: BASE_IMAGE }, ShareWith: ['111122223333'] };
const aws = emulatedAws();

class Stopped extends Error {}

/** A bake that somebody stops just before a state: no state runs any more. */
async function stopBake(name: string, state: string): Promise<void> {
  const all = byAws(aws().front.url);
  const answer: Answering = async (asked) => {
    if (asked.state === state) throw new Stopped();
    return all(asked);
  };
  await assert.rejects(playWithAws(definitionOf('bake-ec2-image'), { name, input: BAKE, answer }), Stopped);
}

function reap(input: object, hours: number, change: (answer: Answering) => Answering = (answer) => answer) {
  const start = new Date(Date.now() + hours * HOUR);
  const answer = change(byAws(aws().front.url));
  return playWithAws(definitionOf('reap-bakes'), {
    name: `reap-${hours}`,
    input: { MostLooks: 3, ...input },
    answer,
    start,
  });
}

test('what stopped bakes leave is taken away once it is older than any bake lasts', { skip }, async () => {
  const { account, front } = aws();
  const other = { Action: 'RunInstances', ImageId: BASE_IMAGE, MinCount: '1', MaxCount: '1' };
  await query(front.url, 'ec2', account.region, other);
  const [others, snapshots] = [await account.instances(), await account.snapshots()];
  const whole = await playWithAws(definitionOf('bake-ec2-image'), {
    name: 'whole',
    input: BAKE,
    answer: byAws(front.url),
  });
  assert.equal(whole.status, 'SUCCEEDED', whole.cause ?? '');
  const { ImageId } = whole.output as { ImageId: string };
  const kept = [ImageId, ...(await account.snapshots())];
  await stopBake('early', 'Is it managed?');
  await stopBake('late', 'Mark as baked');
  assert.equal((await account.instances()).length, others.length + 2);
  assert.equal((await account.images()).length, 2);

  const tooSoon = await reap({ MaxHours: 6 }, 5);
  assert.deepEqual(tooSoon.output, { Terminated: [], Deregistered: [], Deleted: [] });
  assert.equal((await account.instances()).length, others.length + 2);

  const done = await reap({ MaxHours: 6 }, 7);
  assert.equal(done.status, 'SUCCEEDED', done.cause ?? '');
  const { Terminated, Deregistered, Deleted } = done.output as Record<string, string[]>;
  assert.deepEqual([Terminated?.length, Deregistered?.length, Deleted?.length], [2, 1, 1]);
  assert.deepEqual(await account.instances(), others);
  assert.deepEqual([...(await account.images()), ...(await account.snapshots())].sort(), [...kept].sort());
  assert.ok((await account.snapshots()).length > snapshots.length, 'the snapshot of the whole image stays');
});

test('what cannot be taken away is told, and the rest goes', { skip }, async () => {
  const { account } = aws();
  const others = await account.instances();
  await stopBake('stuck', 'Mark as baked');
  const done = await reap({ MaxHours: 1 }, 2, (answer) => async (asked) => {
    const isStuck = asked.state === 'Terminate';
    return isStuck ? { ok: false, error: 'Ec2.Ec2Exception', cause: 'OperationNotPermitted' } : answer(asked);
  });
  assert.equal(done.error, 'Kintsugi.NotReaped');
  assert.match(done.cause ?? '', /Terminate/);
  assert.equal((await account.images()).length, 1);
  const again = await reap({ MaxHours: 1 }, 3);
  assert.equal(again.status, 'SUCCEEDED', again.cause ?? '');
  assert.deepEqual(await account.instances(), others);
  const odd = await reap({ MaxHours: -1 }, 1);
  assert.equal(odd.error, 'Kintsugi.BadInput');
});
