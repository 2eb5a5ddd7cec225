import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { fakeCall } from '../../../../test/fake-call.ts';
import { type ImageWorld, imageWorld } from '../../../../test/image-world.ts';
import type { ImageManifest } from '../../../images/store/manifest.ts';
import { startExecution } from '../../executions/start.ts';
import { deletePruned } from './delete-pruned.ts';

const ACCOUNT = '000000000000';
const IN_GOLD = { Channel: 'gold', AcceptUntested: 'the images here are no disks' };
const images = mkdtempSync(join(tmpdir(), 'kintsugi-prune-'));
let world: ImageWorld;
before(async () => {
  world = await imageWorld(images);
});
after(async () => {
  await world.dispose();
  rmSync(images, { recursive: true });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString();

/** An image in the store, baked on a day of January; answers its digest. */
function baked(family: string, number: number, base = 'suite'): string {
  const hex = sha256(`${family} ${number}`);
  const folder = join(images, family, hex);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'image.raw'), 'disk');
  const manifest: ImageManifest = {
    ...{ schemaVersion: 1, family, digest: hex, format: 'raw', bytes: 4, bakeKey: hex, bakedAt: day(number) },
    ...{
      builder: 'b',
      base: {
        digest: base
          .replace('sha256:', '')
          .padEnd(64, '0')
          .replace(/[^0-9a-f]/g, 'a'),
        from: 'x',
      },
    },
    ...{ os: { product: 'Debian12', prettyName: 'Debian', architecture: 'amd64' }, kernel: '6.1', packages: [] },
    ...{
      baseline: { name: 'x', from: 'predefined' },
      boot: { mode: 'nspawn', passed: true, kernel: null, seconds: 1, checks: [] },
    },
    compliance: { status: 'COMPLIANT', judgedAt: day(number), listsUpdatedAt: null },
    files: { 'image.raw': { sha256: hex, bytes: 4 } },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return `sha256:${hex}`;
}
const register = (Family: string, Digest: string) => world.ask('RegisterImage', { Family, Digest });
const prune = (Family: string, more: object = {}) => world.ask('PruneImages', { Family, Keep: 1, ...more });
const digestsOf = (list: { Digest: string }[]) => list.map(({ Digest }) => Digest);
const there = (family: string) => readdirSync(join(images, family)).sort();
const remove = () => deletePruned({ db: world.store.db, account: ACCOUNT, images });

test('a dry run, which is the default, changes nothing', async () => {
  const [old, fresh] = [baked('dry', 1), baked('dry', 2)];
  const { DryRun, Pruned, Kept } = await prune('dry');
  assert.deepEqual([DryRun, digestsOf(Pruned), digestsOf(Kept)], [true, [old], [fresh]]);
  assert.deepEqual(Kept[0].Reasons, ['one of the newest 1']);
  assert.deepEqual(await remove(), []);
  await register('dry', old);
});

test('what is pruned is gone from the store, and nothing points to it any more', async () => {
  const [old, fresh] = [baked('gone', 1), baked('gone', 2)];
  await register('gone', old);
  await register('gone', fresh);
  await world.ask('PromoteImage', {
    Family: 'gone',
    Digest: fresh,
    ...IN_GOLD,
  });
  // The candidate would go back to it.
  assert.deepEqual(digestsOf((await prune('gone', { DryRun: false })).Pruned), []);
  await world.ask('RevokeImage', { Digest: old, Reason: 'bad' });
  assert.deepEqual(digestsOf((await prune('gone', { DryRun: false })).Pruned), [old]);
  await assert.rejects(
    world.ask('PromoteImage', {
      Family: 'gone',
      Digest: old,
      ...IN_GOLD,
    }),
    {
      code: 'ImageNotFound',
      message: /was pruned/,
    },
  );
  assert.equal((await remove()).length, 1);
  assert.deepEqual(there('gone'), [fresh.slice(7)]);
});

test('what a channel, an approval, an execution or another image uses is kept, with the reason', async () => {
  const list = Array.from({ length: 8 }, (_, index) => baked('used', index + 1));
  const [base = '', staged = '', formerGold = '', gold = '', approved = '', rolling = '', unused = '', newest = ''] =
    list;
  const child = baked('used-child', 9, base);
  for (const one of list) await register('used', one);
  await register('used-child', child);
  const promote = (Digest: string, to: object) => world.ask('PromoteImage', { Family: 'used', Digest, ...to });
  await promote(staged, { Channel: 'staging' });
  await promote(formerGold, IN_GOLD);
  await promote(gold, IN_GOLD);
  const { db, pool } = world.store;
  await pool.query(
    `INSERT INTO image_approval (account, id, family, digest, channel, token, execution, message, requested_at, requested_by, expires_at)
     VALUES ($1, 'apr', 'used', $2, 'gold', 't', 'e', '', now(), 'x', now() + interval '1 day')`,
    [ACCOUNT, approved],
  );
  const definition = JSON.stringify({ StartAt: 'S', States: { S: { Type: 'Wait', Seconds: 9999, End: true } } });
  const stateMachine = {
    arn: `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:m`,
    name: 'm',
    roleArn: 'r',
    definition,
  };
  const input = JSON.stringify({ Recipe: { base: rolling.slice(7), pad: 'x'.repeat(100_000) } });
  await db.transaction((tx) => startExecution(fakeCall(tx, { now: new Date() }), { stateMachine, input }));
  const { Pruned, Kept } = await prune('used', { DryRun: false });
  // The candidate points to the newest, and would go back to the one before it.
  const why = Object.fromEntries(Kept.map((one: { Digest: string; Reasons: string[] }) => [one.Digest, one.Reasons]));
  assert.deepEqual(digestsOf(Pruned), []);
  assert.deepEqual(why[staged], ['staging of used']);
  assert.deepEqual(why[gold], ['gold of used']);
  assert.deepEqual(why[formerGold], ['what gold of used would go back to']);
  assert.deepEqual(why[approved], ['the approval apr waits']);
  assert.match(why[rolling][0], /^the execution arn:.* runs$/);
  assert.deepEqual(why[unused], ['what candidate of used would go back to']);
  assert.deepEqual(why[base], [`used-child@${child} was made from it`]);
  assert.deepEqual(why[newest], ['one of the newest 1', 'candidate of used']);
  await pool.query("UPDATE image_approval SET decision = 'rejected' WHERE id = 'apr'");
  assert.deepEqual(digestsOf((await prune('used')).Pruned), [approved]);
});

test('an image that is baked anew while the old one goes stays', async () => {
  const old = baked('anew', 1);
  baked('anew', 2);
  await prune('anew', { DryRun: false });
  const folder = join(images, 'anew', old.slice(7));
  const text = JSON.stringify({
    ...JSON.parse(JSON.stringify(await manifestOf(folder))),
    bakedAt: new Date(Date.now() + 60_000),
  });
  writeFileSync(join(folder, 'manifest.json'), text);
  assert.deepEqual(await remove(), []);
  await register('anew', old);
  await world.ask('PromoteImage', {
    Family: 'anew',
    Digest: old,
    ...IN_GOLD,
  });
  assert.ok(existsSync(folder));
});

test('what a killed server left half removed is removed by the next', async () => {
  const old = baked('killed', 1);
  baked('killed', 2);
  await prune('killed', { DryRun: false });
  mkdirSync(join(images, 'killed', `.pruned-${'0'.repeat(64)}`));
  assert.equal((await remove()).length, 1);
  assert.ok(!there('killed').some((name) => name.includes(old.slice(7)) || name.startsWith('.pruned')));
});

test('whatever happened before, pruning deletes nothing that a channel points to or would go back to', async () => {
  let runs = 0;
  const move = fc.record({ image: fc.nat(4), channel: fc.constantFrom('staging', 'gold'), revoke: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 8 }), async (moves) => {
      runs += 1;
      const family = `law-${runs}`;
      const list = Array.from({ length: 5 }, (_, index) => baked(family, index + 1));
      for (const one of list) await register(family, one);
      for (const { image, channel, revoke } of moves) {
        const Digest = list[image] ?? '';
        await world.ask('PromoteImage', { Family: family, Digest, Channel: channel }).catch(() => null);
        if (revoke) await world.ask('RevokeImage', { Digest, Reason: 'x' });
      }
      const { Pruned } = await prune(family, { DryRun: false });
      await remove();
      const { Channels } = await world.ask('DescribeImageChannels', { Family: family });
      const wanted = Channels.flatMap((one: { Digest: string; RollBackTo: string | null }) => [
        one.Digest,
        one.RollBackTo,
      ]);
      for (const digest of wanted.filter((one: string | null) => one !== null))
        assert.ok(there(family).includes(digest.slice(7)), `${digest} of ${family}`);
      assert.equal(there(family).length, 5 - Pruned.length);
    }),
    { numRuns: 20 },
  );
});

async function manifestOf(folder: string): Promise<object> {
  const { readFile } = await import('node:fs/promises');
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as object;
}
