import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { putManifest, storedManifest } from '../../../../test/bake-flow.ts';
import { type ImageWorld, imageWorld, newAmi, newDigest } from '../../../../test/image-world.ts';

const home = mkdtempSync(join(tmpdir(), 'kt-untested-'));
const images = join(home, 'images');
let world: ImageWorld;
before(async () => {
  world = await imageWorld(images);
});
after(async () => {
  await world.dispose();
  rmSync(home, { recursive: true });
});

/** An image in the store of the server, registered in a family of its own. */
async function stored(family: string, isBooted: boolean): Promise<string> {
  const digest = newDigest();
  const manifest = storedManifest(family, digest.slice('sha256:'.length));
  mkdirSync(join(images, family, manifest.digest), { recursive: true });
  await putManifest(home, isBooted ? manifest : { ...manifest, boot: null });
  await world.ask('RegisterImage', { Family: family, Digest: digest });
  return digest;
}
const promote = (Family: string, Digest: string, more: object = {}) =>
  world.ask('PromoteImage', { Family, Digest, Channel: 'gold', ...more });

test('a disk becomes gold when it has passed a boot test, and only staging without one', async () => {
  const [booted, untested] = [await stored('web', true), await stored('web', false)];
  await promote('web', booted);
  await world.ask('PromoteImage', { Family: 'web', Digest: untested, Channel: 'staging' });
  await assert.rejects(promote('web', untested), {
    code: 'ImageUntested',
    message: /not passed a boot test.*--boot none/,
  });
  const { Channels } = await world.ask('DescribeImageChannels', { Family: 'web' });
  assert.equal(Channels.find((one: { Channel: string }) => one.Channel === 'gold').Digest, booted);
});

test('a boot test that is told by a manifest that nobody signed proves nothing', async () => {
  const digest = await stored('forged', true);
  const file = join(images, 'forged', digest.slice('sha256:'.length), 'manifest.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"builder":"double"', '"builder":"other"'));
  await assert.rejects(promote('forged', digest), { code: 'ImageUntested', message: /nothing proves its boot test/ });
});

test('what nobody knows to have booted is refused as well, but no AMI is', async () => {
  const [disk, ami] = [newDigest(), newAmi()];
  for (const Digest of [disk, ami]) await world.ask('RegisterImage', { Family: 'far', Digest, Parent: null });
  await assert.rejects(promote('far', disk), { code: 'ImageUntested', message: /whether it starts is not known/ });
  assert.equal((await promote('far', ami)).Version, 1);
});

test('an operator who says why makes it gold; the audit log has the words, and the way back asks nobody', async () => {
  const [first, second] = [await stored('said', false), await stored('said', true)];
  for (const AcceptUntested of ['', '  ', 'x'.repeat(1001), 'a\0b'])
    await assert.rejects(promote('said', first, { AcceptUntested }), { code: 'ValidationException' });
  await promote('said', first, { AcceptUntested: 'booted by hand in the rack' });
  const { rows } = await world.store.pool.query("SELECT input::text FROM audit_entry WHERE operation = 'PromoteImage'");
  assert.ok(rows.some(({ input }) => input.includes('booted by hand in the rack')));
  await promote('said', second);
  assert.equal((await promote('said', first)).Version, 3);
});
