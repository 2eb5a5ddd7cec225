import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import type { BakeOutcome } from '../src/control/images/bake.ts';
import type { ImageManifest } from '../src/images/store/manifest.ts';
import { bakeHome, OLD } from './bake.ts';

const { file, mustBake, answer } = bakeHome();
/** Bases, bakes and archives of whole systems: many minutes on two cores. */
const skip = process.env.KINTSUGI_TEST_BAKE === '1' ? false : 'bakes whole images: set KINTSUGI_TEST_BAKE=1';
const checked = () => [...OLD, '--boot', 'nspawn', '--check', file('check.yaml')];

let first: BakeOutcome | undefined;

async function firstBake(t: TestContext): Promise<BakeOutcome | null> {
  if (!(await requireLab(t, 'image'))) return null;
  first ??= await mustBake('web', checked());
  return first;
}

test('an image is baked, boots, passes its checks, and is stored with evidence that verifies', { skip }, async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const { manifest, folder, result } = outcome;
  assert.equal(result, 'baked');
  assert.equal(manifest.compliance.status, 'COMPLIANT');
  assert.deepEqual(
    manifest.boot?.checks.map(({ passed }) => passed),
    [true, true, true],
  );
  assert.deepEqual(readdirSync(folder).sort(), [
    ...['boot.json', 'console.log', 'image.raw', 'manifest.json', 'provenance.dsse.json', 'report.json'],
    ...['root.tar.zst', 'sbom.cdx.json'],
  ]);
  const sbom = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8'));
  assert.equal(sbom.components.length, manifest.packages.length);
  assert.ok(!JSON.stringify(sbom).includes(file('')), 'the folder of the build is in the bill');
  assert.deepEqual((await answer<{ problems: string[] }>(['verify', 'web'])).problems, []);
  assert.deepEqual(
    (await answer<ImageManifest[]>(['list'])).map(({ digest }) => digest),
    [manifest.digest],
  );
});

test('a bake that would change nothing is skipped, and one that is forced has the same bytes', { skip }, async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const second = await mustBake('web', checked());
  assert.deepEqual([second.result, second.manifest.digest], ['skipped', outcome.manifest.digest]);
  const forced = await mustBake('web', [...OLD, '--boot', 'none', '--force']);
  assert.deepEqual([forced.result, forced.manifest.digest], ['baked', outcome.manifest.digest]);
});

test('with an update pending it is baked, by the plan, into another image', { skip }, async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const patched = await mustBake('web', ['--boot', 'none']);
  assert.equal(patched.result, 'baked');
  assert.ok(patched.installed > 0);
  const [from, to] = [`web@${outcome.manifest.digest}`, `web@${patched.manifest.digest}`];
  const { changes } = await answer<{ changes: { kind: string }[] }>(['diff', from, to]);
  assert.ok(changes.some(({ kind }) => kind === 'upgraded'));
});
