import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { recipeOf } from '../../../test/bake-flow.ts';
import type { Bake } from './step.ts';
import { stepHook } from './steps-build.ts';
import { stepStore } from './steps-finish.ts';

const digest = createHash('sha256').update('disk').digest('hex');

/** A bake whose steps before the last are done. */
function packed(t: TestContext): Bake {
  const home = mkdtempSync(join(tmpdir(), 'kt-store-'));
  t.after(() => rmSync(home, { recursive: true }));
  const work = join(home, 'images/.work/web.0123456789abcdef');
  mkdirSync(join(work, 'steps'), { recursive: true });
  mkdirSync(join(work, 'whole'));
  writeFileSync(join(work, 'whole/image.raw'), 'disk');
  const os = { product: 'Debian12', prettyName: 'Debian' };
  const outputs = {
    gate: {
      ...{ target: { os, architecture: 'amd64' }, baseline: { name: 'b', from: 'f' }, patches: [] },
      ...{ scannedAt: '2026-11-01T00:00:00Z', listsUpdatedAt: null },
    },
    ...{ resolve: { key: { bake: digest, content: digest } }, base: { digest, from: 'bookworm' } },
    ...{ pack: { digest, bytes: 4 }, boot: null, seal: { kernel: '6.1', epoch: 1 } },
  };
  for (const [name, output] of Object.entries(outputs))
    writeFileSync(join(work, `steps/${name}.json`), JSON.stringify({ key: '', output }));
  const context = {
    ...{ home, baseline: null, advisories: { advisories: [], exploited: [], epss: [] }, bootTimeoutSeconds: 1 },
    ...{ now: () => new Date(), say: () => {} },
  };
  return { recipe: recipeOf('web'), work, context };
}

test('an image that went into the store, and whose note was lost with the server, is there once', async (t) => {
  const bake = packed(t);
  const first = await stepStore(bake);
  assert.ok(existsSync(join(first.folder, 'image.raw')));
  rmSync(join(bake.work, 'steps/store.json'));
  assert.deepEqual(await stepStore(bake), first);
});

test('what is in the store is taken for this bake’s only where it is', async (t) => {
  const bake = packed(t);
  const { folder } = await stepStore(bake);
  rmSync(join(bake.work, 'steps/store.json'));
  writeFileSync(join(folder, 'manifest.json'), '{}');
  await assert.rejects(stepStore(bake), { code: 'BakeInterrupted' });
  rmSync(folder, { recursive: true });
  await assert.rejects(stepStore(bake), { code: 'BakeInterrupted' });
});

test('a step that changes the root is never begun a second time on it', async (t) => {
  const bake = packed(t);
  writeFileSync(join(bake.work, 'steps/hook.begun'), '');
  await assert.rejects(stepHook(bake), { code: 'BakeInterrupted' });
});
