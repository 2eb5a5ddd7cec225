import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import type { BakeOutcome } from '../src/control/images/bake.ts';
import { unpackRoot } from '../src/images/disk/base.ts';
import { NO_CHECKS } from '../src/images/disk/boot/checks.ts';
import { bootInNspawn } from '../src/images/disk/boot/nspawn.ts';
import type { ImageManifest } from '../src/images/store/manifest.ts';
import { bakeHome, OLD } from './bake.ts';

const { file, mustBake, answer, checkEmpty } = bakeHome();
const checked = () => [...OLD, '--boot', 'nspawn', '--check', file('check.yaml')];

const FAILED = /^a unit failed: app\.service$/;
const LATE = /^it did not answer within 20 seconds; the last on its console: "/;

let first: BakeOutcome | undefined;

async function firstBake(t: TestContext): Promise<BakeOutcome | null> {
  if (!(await requireLab(t, 'image'))) return null;
  first ??= await mustBake('web', checked());
  return first;
}

/** The root of the image, fresh, and an empty folder for a boot test to work in. */
async function unpacked({ folder, manifest }: BakeOutcome): Promise<{ root: string; folder: string }> {
  const [root, work] = [file('root'), file('boot')];
  for (const path of [root, work]) await rm(path, { recursive: true, force: true });
  await mkdir(work);
  await unpackRoot(join(folder, 'root.tar.zst'), manifest.files['root.tar.zst']?.sha256, root);
  return { root, folder: work };
}

test('an image is baked, boots, passes its checks, and is stored with evidence that verifies', async (t) => {
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
    ...[
      'boot.json',
      'console.log',
      'image.raw',
      'manifest.dsse.json',
      'manifest.json',
      'provenance.dsse.json',
      'report.json',
    ],
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

test('a bake that would change nothing is skipped', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const second = await mustBake('web', checked());
  assert.deepEqual([second.result, second.manifest.digest], ['skipped', outcome.manifest.digest]);
});

test('one that is forced, later, in another locale, time zone and umask, has the same bytes', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const elsewhere = ['env', 'LC_ALL=tr_TR.UTF-8', 'LANG=de_DE.UTF-8', 'TZ=Asia/Kathmandu', 'SOURCE_DATE_EPOCH=1'];
  const umask = ['sh', '-c', 'umask 077 && exec "$@"', 'sh'];
  const forced = await mustBake('web', [...OLD, '--boot', 'none', '--force'], [...elsewhere, ...umask]);
  assert.deepEqual([forced.result, forced.manifest.digest], ['baked', outcome.manifest.digest]);
  assert.deepEqual(forced.manifest.boot, outcome.manifest.boot, 'that it was booted is not forgotten');
  assert.deepEqual((await answer<{ problems: string[] }>(['verify', 'web'])).problems, []);
});

test('with an update pending it is baked, by the plan, into another image', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const patched = await mustBake('web', ['--boot', 'none', '--baseline', file('few.yaml')]);
  assert.equal(patched.result, 'baked');
  assert.ok(patched.installed > 0);
  const [from, to] = [`web@${outcome.manifest.digest}`, `web@${patched.manifest.digest}`];
  const { changes } = await answer<{ changes: { kind: string }[] }>(['diff', from, to]);
  assert.ok(changes.some(({ kind }) => kind === 'upgraded'));
});

const BROKEN = '[Unit]\nDescription=Broken\n[Service]\nType=oneshot\nExecStart=/bin/false\n';
const ENDLESS = '[Unit]\nDescription=Endless\n[Service]\nType=oneshot\nExecStart=/bin/sleep infinity\n';

for (const { what, unit, limit, reason } of [
  { what: 'with a unit that fails is told by the name of the unit', unit: BROKEN, limit: 120, reason: FAILED },
  { what: 'that never ends is ended at its time limit', unit: ENDLESS, limit: 20, reason: LATE },
]) {
  test(`a boot in a container ${what}, and nothing is left`, async (t) => {
    const outcome = await firstBake(t);
    if (outcome === null) return;
    const { root, folder } = await unpacked(outcome);
    const units = join(root, 'etc/systemd/system');
    await mkdir(join(units, 'multi-user.target.wants'), { recursive: true });
    await writeFile(join(units, 'app.service'), unit);
    await symlink('../app.service', join(units, 'multi-user.target.wants/app.service'));
    const options = { checks: NO_CHECKS, timeoutSeconds: limit, console: file('console') };
    const verdict = await bootInNspawn(root, folder, options);
    assert.equal(verdict.passed, false);
    assert.match(verdict.reason ?? '', reason);
    assert.match(await readFile(file('console'), 'utf8'), /Starting app\.service/);
    checkEmpty(folder);
  });
}
