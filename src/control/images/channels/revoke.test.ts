import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type ImageWorld, imageWorld, newAmi, newDigest } from '../../../../test/image-world.ts';
import { revocationParameter } from '../../../core/images/names.ts';

let world: ImageWorld;
before(async () => {
  world = await imageWorld();
});
after(() => world.dispose());

async function registered(family: string, parent: string | null = null, digest = newAmi()): Promise<string> {
  await world.ask('RegisterImage', { Family: family, Digest: digest, Parent: parent });
  return digest;
}
const promote = (Family: string, Digest: string, Channel = 'gold') =>
  world.ask('PromoteImage', { Family, Digest, Channel, AcceptUntested: 'a test' });
const revoke = (Digest: string, Reason = 'CVE-2026-0001') => world.ask('RevokeImage', { Digest, Reason });
const channel = async (Family: string, name = 'gold') =>
  (await world.ask('DescribeImageChannels', { Family })).Channels.find(
    (one: { Channel: string }) => one.Channel === name,
  );
const isRevoked = async (Digest: string) => (await world.ask('DescribeImageRevocation', { Digest })).Revoked;
const reason = async (digest: string) => (await world.published(revocationParameter(digest)))[0]?.value ?? null;

test('gold goes back to the newest image before it that may be used, and the parameter with it', async () => {
  const [first, second, third] = [await registered('back'), await registered('back'), await registered('back')];
  for (const one of [first, second, third]) await promote('back', one);
  await revoke(second);
  assert.equal((await channel('back')).Digest, third);
  assert.deepEqual((await world.published('/images/back/gold'))[2]?.labels, ['gold-1', 'previous']);
  const { Channels } = await revoke(third);
  const told = { Family: 'back', Digest: third, RollBackTo: first, RolledBackFrom: [] };
  const gone = { ...told, Channel: 'gold', Now: first };
  const stays = { ...told, Channel: 'candidate', Now: third };
  assert.deepEqual(Channels, [stays, gone]);
  const { Moves } = await world.ask('ListImageChannelHistory', { Family: 'back', Channel: 'gold' });
  assert.deepEqual(
    [Moves[0].Version, Moves[0].Digest, Moves[0].Previous, Moves[0].Reason],
    [4, first, third, 'REVOKED'],
  );
  assert.equal((await world.published('/images/back/gold'))[0]?.value, first);
  const candidate = await channel('back', 'candidate');
  assert.deepEqual([candidate.Digest, candidate.Revoked, candidate.RollBackTo], [third, true, first]);
  await assert.rejects(promote('back', third), { code: 'ImageRevoked', message: /CVE-2026-0001/ });
});

test('gold never goes back by itself to an image that was rolled back from', async () => {
  const [a, b] = [await registered('returned'), await registered('returned')];
  for (const one of [a, b, a]) await promote('returned', one);
  assert.equal((await channel('returned')).RollBackTo, null);
  assert.ok(!(await world.published('/images/returned/gold')).some(({ labels }) => labels.includes('previous')));
  const { Channels } = await revoke(a);
  const gold = Channels.find((one: { Channel: string }) => one.Channel === 'gold');
  assert.deepEqual([gold.Now, gold.RollBackTo, gold.RolledBackFrom], [a, null, [b]]);
  assert.deepEqual(await world.published('/images/returned/gold'), []);
  await promote('returned', b);
  assert.equal((await world.published('/images/returned/gold'))[0]?.value, b);
});

test('where there is nothing to go back to, the channel says that it is revoked and no image is published', async () => {
  const only = await registered('only');
  await promote('only', only);
  await revoke(only);
  const gold = await channel('only');
  assert.deepEqual([gold.Digest, gold.Revoked, gold.RollBackTo, gold.Parameter], [only, true, null, null]);
  assert.equal(gold.Revocation.Reason, 'CVE-2026-0001');
  assert.deepEqual(await world.published('/images/only/gold'), []);
  const put = { Name: '/images/only/gold', Value: only, Type: 'String' };
  await assert.rejects(world.ssm('PutParameter', put), { code: 'AccessDeniedException' });
  const next = await registered('only');
  await promote('only', next);
  assert.deepEqual(await world.published('/images/only/gold'), [{ value: next, labels: ['current', 'gold-2'] }]);
});

test('what was made from a revoked image is revoked, through every family and however many ways lead to it', async () => {
  const base = newDigest();
  const left = await registered('left', base, newDigest());
  const right = await registered('right', base, newDigest());
  const bottom = await registered('left-web', left, newDigest());
  // The same bytes, baked by another family on another base: a diamond.
  await registered('right-web', right, bottom);
  const apart = await registered('left', newDigest(), newDigest());
  for (const family of ['left-web', 'right-web']) await promote(family, bottom);
  const { Descendants } = await revoke(base);
  assert.deepEqual(Descendants, [left, right, bottom].sort());
  for (const one of [base, left, right, bottom]) {
    assert.ok(await isRevoked(one));
    assert.match((await reason(one)) ?? '', /CVE-2026-0001/);
  }
  assert.equal(await isRevoked(apart), false);
  for (const family of ['left-web', 'right-web']) {
    assert.equal((await channel(family)).Revoked, true);
    assert.deepEqual(await world.published(`/images/${family}/gold`), []);
  }
  const refused = { code: 'ImageRevoked', message: new RegExp(`${bottom} was made from ${base}`) };
  await assert.rejects(promote('left-web', bottom), refused);
});

test('an image that is registered after its base was revoked is revoked, and no channel gets it', async () => {
  const base = newAmi();
  await revoke(base);
  const late = newAmi();
  const answer = await world.ask('RegisterImage', { Family: 'late', Digest: late, Parent: base });
  assert.deepEqual([answer.Channel, answer.Revoked, answer.RevokedDigest], [null, true, base]);
  assert.equal(await channel('late', 'candidate'), undefined);
  assert.match((await reason(late)) ?? '', new RegExp(`^made from ${base}: `));
  await assert.rejects(promote('late', late), { code: 'ImageRevoked' });
});

test('no image becomes its own ancestor', async () => {
  const [a, b, c] = [newAmi(), newAmi(), newAmi()];
  await registered('line', a, b);
  await registered('line', b, c);
  for (const [digest, parent] of [
    [a, c],
    [a, b],
    [a, a],
  ]) {
    await assert.rejects(registered('line', parent, digest), { code: 'ImageLineage' });
  }
  await Promise.allSettled([
    registered('line', 'ami-fffffff0', 'ami-fffffff1'),
    registered('line', 'ami-fffffff1', 'ami-fffffff0'),
  ]);
  const { rows } = await world.store.pool.query("SELECT * FROM image_parent WHERE digest LIKE 'ami-fffffff%'");
  assert.equal(rows.length, 1);
});

test('a second revocation changes nothing, and mends what is not published', async () => {
  const one = await registered('twice');
  const first = await revoke(one, 'the first reason');
  await world.store.pool.query('DELETE FROM parameter WHERE name = $1', [revocationParameter(one)]);
  const again = await revoke(one, 'another');
  assert.deepEqual([again.Reason, again.RevokedAt], ['the first reason', first.RevokedAt]);
  assert.equal(await reason(one), 'the first reason');
});

test('a revocation is for good, whoever deletes its parameter', async () => {
  const one = await registered('good');
  await revoke(one);
  const denied = { code: 'AccessDeniedException', message: /for good/ };
  await assert.rejects(world.ssm('DeleteParameter', { Name: revocationParameter(one) }), denied);
  await assert.rejects(world.ssm('DeleteParameters', { Names: [revocationParameter(one)] }), denied);
  assert.notEqual(await reason(one), null);
});

test('a rollout that failed revokes by the parameter, and that cascades as well', async () => {
  const base = await registered('rolled');
  const next = await registered('rolled');
  const child = await registered('rolled-web', next);
  await promote('rolled', base);
  await promote('rolled', next);
  const Value = 'Kintsugi.RolloutFailed: the instances did not get well';
  const put = { Name: revocationParameter(next), Type: 'String', Value, Overwrite: true };
  await world.ssm('PutParameter', put);
  assert.equal((await channel('rolled')).Digest, base);
  assert.equal((await world.published('/images/rolled/gold'))[0]?.value, base);
  assert.ok(await isRevoked(child));
  await world.ssm('PutParameter', { ...put, Value: 'x'.repeat(4000) });
  const { Revocation } = await world.ask('DescribeImageRevocation', { Digest: next });
  assert.equal(Revocation.Reason, Value);
});

test('a parameter that cannot be written does not keep gold on a revoked image', async () => {
  const [first, second] = [await registered('stuck'), await registered('stuck')];
  await promote('stuck', first);
  await promote('stuck', second);
  await world.store.pool.query(
    `UPDATE parameter_version SET allowed_pattern = '^nothing$' WHERE name = '/images/stuck/gold'`,
  );
  const { Channels } = await revoke(second);
  assert.deepEqual(await world.published('/images/stuck/gold'), []);
  const gold = Channels.find((one: { Channel: string }) => one.Channel === 'gold');
  assert.deepEqual([gold.Now, gold.RollBackTo], [second, first]);
  assert.equal((await channel('stuck')).Revoked, true);
});

test('a reason of any words is kept, and one that is none is refused', async () => {
  const one = await registered('words');
  await revoke(one, '{{{{nested}}}} \u202e \u{1f525} <b>');
  assert.ok(await isRevoked(one));
  for (const text of ['', 'x'.repeat(1001), 'a\u0000b', '\ud800'])
    await assert.rejects(revoke(await registered('words'), text), { code: 'ValidationException' });
});

test('in any family tree exactly those under a revoked image are revoked, and no gold channel names one', async () => {
  let trees = 0;
  const tree = fc.array(fc.array(fc.nat(7), { maxLength: 2 }), { minLength: 2, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(tree, fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }), async (parents, revoked) => {
      trees += 1;
      const digests = parents.map(newAmi);
      const above = new Map<number, Set<number>>();
      for (const [index, asked] of parents.entries()) {
        const earlier = [...new Set(asked)].filter((one) => one < index);
        above.set(index, new Set([index, ...earlier.flatMap((one) => [...(above.get(one) ?? [])])]));
        const family = `tree-${trees}`;
        for (const one of earlier.length === 0 ? [null] : earlier)
          await registered(family, one === null ? null : (digests[one] ?? ''), digests[index] ?? '');
        await promote(family, digests[index] ?? '');
      }
      const gone = new Set(revoked.filter((one) => one < digests.length));
      for (const one of gone) await revoke(digests[one] ?? '');
      for (const [index, digest] of digests.entries()) {
        const expected = [...(above.get(index) ?? [])].some((one) => gone.has(one));
        assert.equal(await isRevoked(digest), expected);
        assert.equal((await reason(digest)) !== null, expected);
      }
      const usable = digests.filter((_, index) => ![...(above.get(index) ?? [])].some((one) => gone.has(one)));
      const value = (await world.published(`/images/tree-${trees}/gold`))[0]?.value;
      assert.equal(value, usable.at(-1));
    }),
    { numRuns: 20 },
  );
});
