import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getExecutionHistory } from '../src/control/executions/describe.ts';
import { stopExecution } from '../src/control/executions/stop.ts';
import { sendTaskSuccess } from '../src/control/executions/task-tokens.ts';
import { bakeDiskImage } from '../src/control/images/bake.ts';
import { keepBakes } from '../src/control/images/flow/keep-bakes.ts';
import { startBake } from '../src/control/images/flow/start-bake.ts';
import { KintsugiError } from '../src/core/errors.ts';
import { type Archive, type Flow, holders, quickSteps, recipeOf, requestOf, startFlow } from './bake-flow.ts';

const ROOT = { isRoot: true, allowHooks: false };
const ALL = ['base', 'resolve', 'patch', 'hook', 'gate', 'seal', 'pack', 'boot', 'sbom', 'sign', 'store'];

async function flow(t: TestContext, play?: (name: string, signal: AbortSignal) => Promise<void>) {
  const archive: Archive = { content: 'one' };
  const steps = quickSteps(archive, play);
  const made = await startFlow(steps.run);
  t.after(() => made.dispose());
  return { flow: made, archive, done: steps.done };
}

const bake = async (on: Flow, request = requestOf('web')) =>
  (await on.store.db.transaction((db) => startBake({ ...on.call(), db }, request, ROOT))).ExecutionArn;

/** Until it is so; a test that waits in vain is ended by its runner. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}

test('a bake goes through all its steps to gold, and leaves neither work nor a hold on the family', async (t) => {
  const { flow: on, done } = await flow(t);
  const told = await on.ended(await bake(on));
  assert.equal(told.status, 'SUCCEEDED', told.cause);
  assert.deepEqual(done, ALL);
  assert.deepEqual(on.images.told, ['register', 'promote staging', 'promote gold']);
  const output = JSON.parse(told.output ?? '{}');
  assert.match(output.Digest, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual([output.Result, output.Channel, output.Installed], ['baked', 'gold', 1]);
  assert.equal(on.images.channels.get('gold'), output.Digest);
  assert.deepEqual([on.left(), await holders(on)], [[], 0]);
});

test('a second bake that would change nothing is skipped, one with an update pending or with Force is not', async (t) => {
  const { flow: on, archive, done } = await flow(t);
  const first = JSON.parse((await on.ended(await bake(on))).output ?? '{}');
  done.length = 0;
  const second = JSON.parse((await on.ended(await bake(on))).output ?? '{}');
  assert.deepEqual([second.Result, second.Digest, done], ['skipped', first.Digest, ['base', 'resolve']]);
  archive.content = 'two';
  const third = JSON.parse((await on.ended(await bake(on))).output ?? '{}');
  assert.equal(third.Result, 'baked');
  assert.notEqual(third.Digest, first.Digest);
  const forced = JSON.parse((await on.ended(await bake(on, requestOf('web', { Force: true })))).output ?? '{}');
  assert.deepEqual([forced.Result, forced.Digest], ['baked', third.Digest]);
  assert.deepEqual(on.left(), []);
});

for (const failing of ALL) {
  test(`a bake whose step ${failing} fails reaches no channel, leaves nothing, and says why`, async (t) => {
    const { flow: on } = await flow(t, async (name) => {
      if (name === failing) throw new KintsugiError('BootTestFailed', `no ${name}`);
    });
    const told = await on.ended(await bake(on));
    assert.deepEqual([told.status, told.error], ['FAILED', 'Kintsugi.BootTestFailed']);
    assert.match(told.cause ?? '', new RegExp(`^no ${failing}\n`));
    assert.deepEqual([on.images.told, on.left(), await holders(on)], [[], [], 0]);
  });
}

test('nobody is skipped who has to approve, and the family is free while that is awaited', async (t) => {
  const { flow: on } = await flow(t);
  const arn = await bake(on, requestOf('web', { AutoApprove: false }));
  await until(() => on.images.tokens.length === 1);
  assert.deepEqual([on.left(), await holders(on), on.images.channels.has('gold')], [[], 0, false]);
  const approval = { Approved: true, By: 'somebody', Comment: '' };
  await sendTaskSuccess(on.call(), { taskToken: on.images.tokens[0] ?? '', output: JSON.stringify(approval) });
  assert.deepEqual(JSON.parse((await on.ended(arn)).output ?? '{}').Approval, approval);
});

test('an image that is revoked comes to no channel, though it is there and would be skipped to', async (t) => {
  const { flow: on } = await flow(t);
  await on.ended(await bake(on));
  on.images.told.length = 0;
  on.images.refuse = 'register';
  const told = await on.ended(await bake(on));
  assert.equal(told.error, 'Kintsugi.ImageRevoked');
  assert.deepEqual([on.images.told, on.left()], [['register'], []]);
});

test('a step that is begun again goes on where that can be, and the steps before it are not done again', async (t) => {
  let isHung = true;
  let hangs = 0;
  const { flow: on, done } = await flow(t, async (name, signal) => {
    if (name !== 'pack' || !isHung) return;
    hangs += 1;
    await hang(signal);
  });
  const arn = await bake(on);
  await until(() => hangs === 1);
  await on.stop();
  isHung = false;
  await on.serve();
  assert.equal((await on.ended(arn)).status, 'SUCCEEDED');
  assert.deepEqual(done, ALL);
});

test('a step that changes the root is never begun twice on it: the bake begins anew from its base', async (t) => {
  let isHung = true;
  let hangs = 0;
  const { flow: on, done } = await flow(t, async (name, signal) => {
    if (name !== 'patch' || !isHung) return;
    hangs += 1;
    await hang(signal);
  });
  const arn = await bake(on);
  await until(() => hangs === 1);
  await on.stop();
  isHung = false;
  await on.serve();
  assert.equal((await on.ended(arn)).status, 'SUCCEEDED');
  assert.deepEqual(done, ['base', 'resolve', ...ALL]);
  const { events } = await getExecutionHistory(on.call(), { executionArn: arn, maxResults: 1000 });
  assert.equal(JSON.stringify(events).match(/"error":"Kintsugi.BakeInterrupted"/g)?.length, 1);
});

test('a bake that is interrupted again and again ends', async (t) => {
  let begun = 0;
  const { flow: on } = await flow(t, async (name) => {
    if (name !== 'patch') return;
    begun += 1;
    throw new KintsugiError('BakeInterrupted', 'once more');
  });
  const told = await on.ended(await bake(on));
  assert.deepEqual([told.error, begun, on.left()], ['Kintsugi.BakeInterrupted', 3, []]);
});

test('two bakes of a family at once are refused: by the start, by the step, and for a bake of this machine alone', async (t) => {
  const { flow: on, done } = await flow(t, async (name, signal) => {
    if (name === 'resolve') await hang(signal);
  });
  const arn = await bake(on);
  await until(() => done.includes('base'));
  await assert.rejects(bake(on), { code: 'BakeInProgress' });
  await bake(on, requestOf('db'));
  // Between two steps nobody holds the lock, and the execution still has the family.
  await on.stop();
  if (process.getuid?.() === 0) {
    const context = {
      ...{ home: on.home, baseline: null, now: () => new Date(), say: () => {} },
      bootTimeoutSeconds: 1,
    };
    const none = { advisories: [], exploited: [], epss: [] };
    await assert.rejects(
      bakeDiskImage(recipeOf('web'), { ...context, advisories: none }, { force: false }),
      (error: KintsugiError) => error.code === 'BakeInProgress' && error.message.includes(arn),
    );
  }
});

test('what a stopped execution leaves is swept away, and nobody else’s', async (t) => {
  const { flow: on, done } = await flow(t, async (name, signal) => {
    if (name === 'gate') await hang(signal);
  });
  const [web] = [await bake(on), await bake(on, requestOf('db'))];
  await until(() => done.filter((name) => name === 'hook').length === 2);
  await stopExecution(on.call(), { executionArn: web });
  const stray = join(on.home, 'images/.work/web.0123456789abcdef');
  mkdirSync(stray);
  writeFileSync(join(on.home, 'images/.work/notes'), '');
  const isLeft = () => on.left().some((name) => name.startsWith('web'));
  const faults: unknown[] = [];
  const upkeep = keepBakes(on.store.db, { home: on.home, onError: (error) => faults.push(error), everyMs: 50 });
  await until(() => !isLeft());
  await upkeep.stop();
  assert.deepEqual([existsSync(stray), faults, await holders(on)], [false, [], 1]);
  assert.match(on.left().join(' '), /^db\.[0-9a-f]{16} db\.holder notes$/);
});

test('the definition that runs is the one that is published', async (t) => {
  const { flow: on } = await flow(t);
  await on.ended(await bake(on));
  const { rows } = await on.store.db.execute<{ definition: string }>('SELECT definition FROM workflow_definition');
  const file = join(import.meta.dirname, '../documents/bake-golden-image.asl.json');
  assert.deepEqual(
    rows.map(({ definition }) => definition),
    [readFileSync(file, 'utf8')],
  );
});

function hang(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
