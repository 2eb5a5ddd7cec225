import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type ImageWorld, imageWorld, newAmi, newDigest } from '../../../../test/image-world.ts';
import { verifyAudit } from '../../audit/verify.ts';

let world: ImageWorld;
before(async () => {
  world = await imageWorld();
});
after(() => world.dispose());

async function registered(family: string, count: number): Promise<string[]> {
  const digests = Array.from({ length: count }, newAmi);
  for (const Digest of digests) await world.ask('RegisterImage', { Family: family, Digest, Parent: null });
  return digests;
}
const promote = (Family: string, Digest: string, Channel: string, more: object = {}) =>
  world.ask('PromoteImage', { Family, Digest, Channel, ...more });
const channels = async (Family: string) => (await world.ask('DescribeImageChannels', { Family })).Channels;
const history = async (Family: string, Channel: string) =>
  (await world.ask('ListImageChannelHistory', { Family, Channel })).Moves;

test('an image goes from candidate to staging to gold, and each move is in the history', async () => {
  const [first = '', second = ''] = await registered('way', 2);
  assert.deepEqual(await promote('way', first, 'staging'), {
    ...{ Family: 'way', Digest: first, Channel: 'staging', Version: 1, Previous: null },
  });
  assert.equal((await promote('way', first, 'gold')).Parameter, '/images/way/gold');
  const moved = await promote('way', second, 'gold', { Expected: first });
  assert.deepEqual([moved.Version, moved.Previous], [2, first]);
  const shown = await channels('way');
  assert.deepEqual(
    shown.map((one: Record<string, unknown>) => [one.Channel, one.Digest, one.Version, one.Revoked, one.RollBackTo]),
    [
      ['candidate', second, 2, false, first],
      ['gold', second, 2, false, first],
      ['staging', first, 1, false, null],
    ],
  );
  const moves = await history('way', 'gold');
  assert.deepEqual(
    moves.map((one: Record<string, unknown>) => [one.Version, one.Digest, one.Previous, one.Reason]),
    [
      [2, second, first, 'PROMOTED'],
      [1, first, null, 'PROMOTED'],
    ],
  );
  assert.equal(moves[0].MovedBy, 'arn:aws:iam::000000000000:user/test');
  assert.equal((await verifyAudit(world.store.db, '000000000000')).problem, null);
});

test('gold is published as a parameter whose labels tell the version and the one before', async () => {
  const [first = '', second = ''] = await registered('published', 2);
  await promote('published', first, 'gold');
  await promote('published', second, 'gold');
  assert.deepEqual(await world.published('/images/published/gold'), [
    { value: second, labels: ['current', 'gold-2'] },
    { value: first, labels: ['gold-1', 'previous'] },
  ]);
  const { Parameter } = await world.ssm('GetParameter', { Name: '/images/published/gold:previous' });
  assert.deepEqual([Parameter.Value, Parameter.DataType], [first, 'aws:ec2:image']);
  const disk = newDigest();
  await world.ask('RegisterImage', { Family: 'published', Digest: disk, Parent: null });
  await promote('published', disk, 'gold', { AcceptUntested: 'a test' });
  const latest = await world.ssm('GetParameter', { Name: '/images/published/gold' });
  assert.deepEqual([latest.Parameter.Value, latest.Parameter.DataType], [disk, 'text']);
});

test('more moves than a parameter has versions still publish', async () => {
  const [first = '', second = ''] = await registered('often', 2);
  for (let move = 1; move <= 104; move += 1) await promote('often', move % 2 === 0 ? first : second, 'gold');
  const { Parameter } = await world.ssm('GetParameter', { Name: '/images/often/gold:current' });
  assert.deepEqual([Parameter.Value, Parameter.Version], [first, 104]);
});

test('of promotions that expect the same, exactly one moves the channel', async () => {
  const digests = await registered('race', 9);
  const [start = '', ...rivals] = digests;
  await promote('race', start, 'gold');
  const outcomes = await Promise.allSettled(rivals.map((one) => promote('race', one, 'gold', { Expected: start })));
  const won = outcomes.filter(({ status }) => status === 'fulfilled');
  assert.equal(won.length, 1);
  for (const one of outcomes) if (one.status === 'rejected') assert.equal(one.reason.code, 'ChannelMoved');
  assert.equal((await history('race', 'gold')).length, 2);
  const parallel = await Promise.all(rivals.map((one) => promote('race', one, 'staging')));
  assert.deepEqual(parallel.map((one) => one.Version).sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
  const moves = (await history('race', 'staging')).reverse();
  for (const [index, move] of moves.entries()) assert.equal(move.Previous, moves[index - 1]?.Digest ?? null);
});

test('a channel follows a plain compare-and-swap register, whatever is asked in whatever order', async () => {
  let families = 0;
  const step = fc.record({
    image: fc.nat(3),
    expected: fc.option(fc.nat(4), { nil: undefined }),
    token: fc.option(fc.nat(2), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      families += 1;
      const family = `model-${families}`;
      const digests = await registered(family, 4);
      let present: string | null = null;
      const made = new Map<string, string>();
      const moves: string[] = [];
      for (const { image, expected, token } of steps) {
        const digest = digests[image] ?? '';
        const Expected = expected === undefined ? undefined : (digests[expected] ?? null);
        const ClientToken = token === undefined ? undefined : `token-${token}`;
        const asked = promote(family, digest, 'gold', {
          ...(Expected === undefined ? {} : { Expected }),
          ...(ClientToken === undefined ? {} : { ClientToken }),
        });
        const before = ClientToken === undefined ? undefined : made.get(ClientToken);
        const isSame = before === digest || (before === undefined && present === digest);
        const isLost = Expected !== undefined && Expected !== present;
        if (isSame) assert.equal((await asked).Digest, digest);
        else if (before !== undefined || isLost) await assert.rejects(asked, { code: 'ChannelMoved' });
        else {
          assert.equal((await asked).Previous, present);
          present = digest;
          moves.push(digest);
          if (ClientToken !== undefined) made.set(ClientToken, digest);
        }
      }
      const told = (await history(family, 'gold')).reverse();
      assert.deepEqual(
        told.map((one: { Digest: string }) => one.Digest),
        moves,
      );
      const value = (await world.published(`/images/${family}/gold`))[0]?.value ?? null;
      assert.equal(value, present);
    }),
    { numRuns: 25 },
  );
});

test('the same request again moves nothing over what others did since', async () => {
  const [first = '', second = ''] = await registered('again', 2);
  const mine = await promote('again', first, 'gold', { ClientToken: 'mine' });
  await promote('again', second, 'gold');
  assert.deepEqual(await promote('again', first, 'gold', { ClientToken: 'mine' }), mine);
  assert.equal((await channels('again'))[1].Digest, second);
  await assert.rejects(promote('again', second, 'gold', { ClientToken: 'mine' }), { code: 'ChannelMoved' });
  const token = { Family: 'again', Digest: first, Parent: null, ClientToken: 'r' };
  await world.ask('RegisterImage', token);
  await world.ask('RegisterImage', { ...token, Digest: second, ClientToken: 's' });
  await world.ask('RegisterImage', token);
  assert.equal((await channels('again'))[0].Digest, second);
});

test('only what is registered is promoted, and its origin must be told', async () => {
  await assert.rejects(promote('none', newAmi(), 'gold'), { code: 'ImageNotFound' });
  const [mine = ''] = await registered('mine', 1);
  await assert.rejects(promote('other', mine, 'gold'), { code: 'ImageNotFound' });
  await assert.rejects(world.ask('RegisterImage', { Family: 'none', Digest: newAmi() }), {
    code: 'ValidationException',
    message: /say which image it was made from/,
  });
  await assert.rejects(world.ask('RegisterImage', { Family: 'none', Digest: newDigest() }), { code: 'ImageNotFound' });
  assert.deepEqual(await channels('none'), []);
});

test('hostile names, digests and tokens are refused before anything is looked up', async () => {
  const good = { Family: 'web', Digest: newAmi(), Channel: 'gold' };
  const bad: object[] = [
    { Family: '../../etc' },
    { Family: 'revoked' },
    { Family: "web'; DROP TABLE image; --" },
    { Family: 'x'.repeat(50_000) },
    { Family: 7 },
    { Digest: 'latest' },
    { Digest: `sha256:${'A'.repeat(64)}` },
    { Digest: 'ami-0123\u0000' },
    { Channel: 'candidate' },
    { Channel: 'platinum' },
    { Expected: 'x' },
    { ClientToken: 'a b' },
    { ClientToken: 'x'.repeat(201) },
  ];
  for (const one of bad)
    await assert.rejects(world.ask('PromoteImage', { ...good, ...one }), { code: 'ValidationException' });
});

test('nobody else writes or deletes the parameter of a channel', async () => {
  const [first = ''] = await registered('held', 1);
  await world.ssm('PutParameter', { Name: '/images/held/gold', Value: 'before', Type: 'String' });
  await promote('held', first, 'gold');
  const denied = { code: 'AccessDeniedException', message: /kintsugi image promote/ };
  const put = { Name: '/images/held/gold', Value: 'x', Type: 'String', Overwrite: true };
  await assert.rejects(world.ssm('PutParameter', put), denied);
  await assert.rejects(world.ssm('PutParameter', { ...put, Name: ' /images/held/gold ' }), denied);
  await assert.rejects(world.ssm('DeleteParameter', { Name: '/images/held/gold' }), denied);
  const arn = 'arn:aws:ssm:us-east-1:000000000000:parameter/images/held/gold';
  await assert.rejects(world.ssm('DeleteParameter', { Name: arn }), denied);
  await assert.rejects(world.ssm('DeleteParameters', { Names: ['/a', '/images/held/gold'] }), denied);
  assert.equal((await world.published('/images/held/gold'))[0]?.value, first);
  await world.ssm('PutParameter', { ...put, Name: '/images/free/gold', Overwrite: false });
});
