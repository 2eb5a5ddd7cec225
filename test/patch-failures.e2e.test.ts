import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import { addDependency, installFirst } from './archive-lists.ts';
import { kintsugi } from './kintsugi.ts';
import { changed, processesIn, versionsOf } from './root-state.ts';

test('an update whose script always fails', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('failing-postinst');
  // Its step is the first then: the other one comes after the failure.
  await installFirst(root, 'kintsugi-lab-fails');
  const { patch, scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const versions = await versionsOf(root);

  await t.test("is FAILED with dpkg's words, and the others are patched", async () => {
    const { exit, outcome } = await patch(at);
    assert.deepEqual([exit, outcome.run?.result, outcome.error?.code], [8, 'failed', 'InstallFailed']);
    const failed = outcome.after?.patches.filter(({ state }) => state === 'FAILED') ?? [];
    assert.deepEqual(
      failed.map(({ name, reason }) => [name, reason]),
      [['kintsugi-lab-fails', 'install-failed']],
    );
    assert.match(failed[0]?.explanation ?? '', /post-installation script subprocess returned error exit status 1/);
    assert.match(outcome.error?.message ?? '', /kintsugi-lab-fails \(\/var\/lib\/kintsugi\/runs\/.*\/log\)/);
    const log = await readFile(join(root.path, outcome.run?.log ?? ''), 'utf8');
    assert.match(log, /kintsugi-lab-fails: this package never configures/);
    const expected = outcome.plan.map(({ name, to }) =>
      name === 'kintsugi-lab-fails' ? `${name} ${to} (iF)` : `${name} ${to}`,
    );
    assert.ok(new Set(outcome.plan.map(({ step }) => step)).size > 1, 'there is a step after the one that fails');
    assert.deepEqual(changed(versions, await versionsOf(root)), expected.sort());
  });

  await t.test('stays told by later scans, and the next patch names it', async () => {
    const { exit, report } = await scan(at);
    assert.deepEqual([exit, report.problems.map(({ code }) => code)], [3, ['dpkg-interrupted']]);
    const { status, stderr } = await run(['patch', ...at]);
    assert.equal(status, 8);
    assert.match(stderr, /dpkg could not finish kintsugi-lab-fails/);
    assert.match(stderr, /Mend the package by hand/);
  });
});

test('a plan that apt would not make any more is not installed', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const { start } = await kintsugi(t);
  const versions = await versionsOf(root);
  const patch = start(['patch', '--root', root.path, '--only', 'kintsugi-lab-epoch']);
  const archives = join(root.path, 'var/cache/kintsugi/archives');
  while (!existsSync(archives)) await sleep(10);
  // It sleeps while its child fetches; then the archive changes its mind, and it wakes up and installs.
  patch.child.kill('SIGSTOP');
  while (processesIn(root).length > 0) await sleep(50);
  await addDependency(root, 'kintsugi-lab-epoch', 'kintsugi-lab-plain');
  patch.child.kill('SIGCONT');
  const { status, stderr } = await patch.ended;
  assert.equal(status, 8);
  assert.match(stderr, /apt now wants other changes than the plan: step 1: kintsugi-lab-plain:all=2\.0/);
  assert.deepEqual(changed(versions, await versionsOf(root)), []);
  assert.ok(!existsSync(join(root.path, 'var/cache/kintsugi')));
});

test('configuration files that were changed here and by the update', async (t) => {
  if (!(await requireLab(t))) return;
  const outcomes = {
    keep: { exit: 3, files: { '': 'colour = blue\n', '.dpkg-dist': 'colour = gold\n', '.dpkg-old': null } },
    replace: { exit: 3, files: { '': 'colour = gold\n', '.dpkg-dist': null, '.dpkg-old': 'colour = blue\n' } },
    skip: { exit: 3, files: { '': 'colour = blue\n', '.dpkg-dist': null, '.dpkg-old': null } },
  };
  for (const [policy, { exit, files }] of Object.entries(outcomes)) {
    await t.test(`are treated as --conffiles ${policy} says`, async (t) => {
      await using root = await freshRoot('conffile');
      const { patch } = await kintsugi(t);
      const versions = await versionsOf(root);
      const only = ['--only', 'kintsugi-lab-conf', '--conffiles', policy];
      const { exit: status, outcome } = await patch(['--root', root.path, ...only]);
      const conffile = root.facts.conffile ?? '';
      for (const [suffix, content] of Object.entries(files)) {
        const path = join(root.path, `${conffile}${suffix}`);
        assert.equal(existsSync(path) ? await readFile(path, 'utf8') : null, content, suffix);
      }
      const isSkipped = policy === 'skip';
      assert.equal(status, exit);
      assert.deepEqual(changed(versions, await versionsOf(root)), isSkipped ? [] : ['kintsugi-lab-conf 2.0']);
      const kept = isSkipped ? [] : [{ name: 'kintsugi-lab-conf', path: conffile }];
      assert.deepEqual(outcome.conffilesKept, kept);
      const left = outcome.leftOut.map(({ name, reason, detail }) => [name, reason, detail.includes(conffile)]);
      assert.deepEqual(left, isSkipped ? [['kintsugi-lab-conf', 'conffile-blocked', true]] : []);
      const after = outcome.after?.patches.find(({ name }) => name === 'kintsugi-lab-conf');
      assert.equal(after?.reason, isSkipped ? 'conffile-blocked' : undefined);
      assert.ok(!existsSync(join(root.path, 'var/cache/kintsugi')));
    });
  }
});
