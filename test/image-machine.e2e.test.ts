import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import { bakeHome, OLD } from './bake.ts';

const { file, mustBake } = bakeHome();

/** Emulated, without /dev/kvm, a boot takes one minute where nobody else works and ten where many do. */
const skip = process.env.KINTSUGI_TEST_QEMU === '1' ? false : 'boots a machine in software: set KINTSUGI_TEST_QEMU=1';

test('an image boots as a machine by BIOS, runs its newest kernel and passes its checks', { skip }, async (t) => {
  if (!(await requireLab(t, 'machine'))) return;
  const how = ['--boot', 'qemu', '--boot-timeout', '600', '--check', file('check.yaml')];
  const { manifest } = await mustBake('machine', [...OLD, ...how]);
  assert.deepEqual([manifest.boot?.mode, manifest.boot?.kernel], ['qemu', manifest.kernel]);
  assert.deepEqual(
    manifest.boot?.checks.map(({ passed }) => passed),
    [true, true, true],
  );
});
