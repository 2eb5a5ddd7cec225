import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { recipeOf } from '../../../../test/bake-flow.ts';
import type { StepName } from './step-answers.ts';
import { type StepRequest, stepProcess } from './step-process.ts';

const canBake = existsSync('/usr/lib/apt/apt-helper') && process.getuid?.() === 0;
const skip = canBake ? false : 'the steps are those of root on a machine with apt';

function request(t: TestContext, step: StepName, main = 'http://127.0.0.1:1'): StepRequest {
  const home = mkdtempSync(join(tmpdir(), 'kt-step-'));
  t.after(() => rmSync(home, { recursive: true }));
  const work = join(home, 'images/.work/web.0123456789abcdef');
  mkdirSync(work, { recursive: true });
  const recipe = recipeOf('web', {
    base: { kind: 'suite', suite: 'bookworm', main, security: null, keyring: '/usr/share/keyrings/x.gpg' },
  });
  return { step, recipe, work, home, baseline: null, bootTimeoutSeconds: 5 };
}

test('a step that has nothing to go on with says so by its name, across the processes', async (t) => {
  const asked = request(t, 'kintsugi:bake.gate');
  writeFileSync(join(asked.work, 'note'), '');
  await assert.rejects(stepProcess({ ...asked, step: 'kintsugi:bake.sbom' }, new AbortController().signal), {
    code: 'BakeInterrupted',
    message: /The step gate of web has not been done here\./,
  });
});

test('a step that is cancelled is ended with all that it runs', { skip }, async (t) => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as { port: number };
  const mirror = `http://127.0.0.1:${port}/silent`;
  const stop = new AbortController();
  const connected = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
  const going = stepProcess(request(t, 'kintsugi:bake.base', mirror), stop.signal);
  going.catch(() => {});
  await connected;
  assert.ok(running(mirror) > 0);
  stop.abort(new Error('cancelled'));
  await assert.rejects(going, /cancelled/);
  while (running(mirror) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
});

/** Programs that have the text among their arguments. */
function running(text: string): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(text)).length;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
