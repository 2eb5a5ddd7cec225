import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { quickSteps, recipeOf, requestOf, startFlow } from '../../../../test/bake-flow.ts';
import type { TaskSurroundings } from '../../executions/task-runner.ts';
import { takeFamily } from './family.ts';
import { type BakeNeeds, runBakeStep } from './run-step.ts';
import { startBake } from './start-bake.ts';

test('a server that is not root, or has not the work on its disk, leaves a step to another', async (t) => {
  const on = await startFlow(quickSteps({ content: 'one' }).run);
  t.after(() => on.dispose());
  await on.stop();
  const call = on.call();
  const { ExecutionArn } = await on.store.db.transaction((db) =>
    startBake({ ...call, db }, requestOf('web'), { isRoot: true, allowHooks: false }),
  );
  const around: TaskSurroundings = {
    ...{ account: call.account, region: call.region, executionArn: ExecutionArn, resource: '', taskToken: null },
    ...{ idempotencyKey: 'k', start: 1, signal: new AbortController().signal, heartbeat: async () => {} },
  };
  const run = (needs: Partial<BakeNeeds>, step: 'base' | 'patch', more = {}) =>
    runBakeStep(
      { ...on.needs, ...needs },
      `kintsugi:bake.${step}`,
      { Recipe: recipeOf('web') },
      { ...around, ...more },
    );
  await assert.rejects(run({ isRoot: false }, 'base'), { error: 'Kintsugi.BakeElsewhere' });
  assert.match(String((await run({}, 'base')).Digest), /^[0-9a-f]{64}$/);
  await takeFamily(
    on.store.db,
    { account: call.account, family: 'web', execution: ExecutionArn, place: 'another machine' },
    call.now,
  );
  await assert.rejects(run({}, 'patch'), { error: 'Kintsugi.BakeElsewhere' });
  await assert.rejects(run({}, 'patch', { executionArn: `${ExecutionArn}x` }), { error: 'Kintsugi.BakeInterrupted' });
  await assert.rejects(run({}, 'base', { executionArn: `${ExecutionArn}x` }), { error: 'Kintsugi.BakeInProgress' });
});

test('a disk that is full between the steps is told as what it is', async (t) => {
  const on = await startFlow(quickSteps({ content: 'one' }).run);
  t.after(() => on.dispose());
  await on.stop();
  const call = on.call();
  const { ExecutionArn } = await on.store.db.transaction((db) =>
    startBake({ ...call, db }, requestOf('web'), { isRoot: true, allowHooks: false }),
  );
  mkdirSync(join(on.home, 'images/.work'), { recursive: true });
  // Where the family is held; whatever is written there finds no room.
  symlinkSync('/dev/full', join(on.home, 'images/.work/web.holder.new'));
  const around: TaskSurroundings = {
    ...{ account: call.account, region: call.region, executionArn: ExecutionArn, resource: '', taskToken: null },
    ...{ idempotencyKey: 'k', start: 1, signal: new AbortController().signal, heartbeat: async () => {} },
  };
  const run = runBakeStep(on.needs, 'kintsugi:bake.base', { Recipe: recipeOf('web') }, around);
  await assert.rejects(run, { error: 'Kintsugi.NoSpace', message: /The step kintsugi:bake\.base: no space is left/ });
});

test('a server that is not root starts no bake', async (t) => {
  const on = await startFlow(quickSteps({ content: 'one' }).run);
  t.after(() => on.dispose());
  await assert.rejects(startBake(on.call(), requestOf('web'), { isRoot: false, allowHooks: true }), {
    code: 'BakeNotPossible',
  });
});
