import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireLab } from '../lab/require.ts';
import { endProcessesIn } from '../lab/residue.ts';
import type { LabRoot } from '../lab/root.ts';
import { freshRoot } from '../lab/roots.ts';
import { SLOW_MARKS, setSlowness } from '../lab/variants/updates.ts';
import { installFirst } from './archive-lists.ts';
import { kintsugi } from './kintsugi.ts';
import { changed, marksOf, processesIn, versionsOf } from './root-state.ts';

const SLOW = 'kintsugi-lab-slow';
const POLICY = 'usr/sbin/policy-rc.d';

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; !(await isTrue()); turn++) {
    if (turn > 6000) throw new Error(`five minutes have passed, and still not: ${what}`);
    await sleep(50);
  }
}

/** The slow script has begun, so dpkg is in the middle of its work. */
function inTheMiddle(root: LabRoot): Promise<void> {
  return until('the slow script runs', () => existsSync(join(root.path, SLOW_MARKS.started)));
}

interface RunRecord {
  readonly id: string;
  readonly result: string | null;
  /** It was asked to stop. */
  readonly isStopped: boolean;
}

/** The records of runs in the root, the oldest first. */
async function runsOf(root: LabRoot): Promise<readonly RunRecord[]> {
  const folder = join(root.path, 'var/lib/kintsugi/runs');
  const ids = (await readdir(folder)).sort();
  return Promise.all(
    ids.map(async (id) => ({
      id,
      result: await readFile(join(folder, id, 'result'), 'utf8').catch(() => null),
      isStopped: existsSync(join(folder, id, 'stop')),
    })),
  );
}

/** How often dpkg brought each package to its new version. */
async function upgradesOf(root: LabRoot): Promise<ReadonlyMap<string, number>> {
  const log = await readFile(join(root.path, 'var/log/dpkg.log'), 'utf8');
  const counts = new Map<string, number>();
  for (const [, name = ''] of log.matchAll(/^\S+ \S+ upgrade (\S+) /gm)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

test('A command line that is killed in the middle', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('slow-postinst');
  await setSlowness(root, 600);
  await rm(join(root.path, POLICY));
  const { start, scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const before = await versionsOf(root);
  const patch = start(['patch', ...at, '--only', SLOW]);
  await inTheMiddle(root);
  patch.child.kill('SIGKILL');
  await patch.ended;

  await t.test('leaves a run that a scan tells of, and that a second patch does not disturb', async () => {
    const { exit, report } = await scan(at);
    const locked = report.problems.filter(({ code }) => code === 'locked').map(({ message }) => message);
    assert.ok(locked.some((message) => /^A run of Kintsugi \(\S+\) is at work now; .*step 1 begin/.test(message)));
    assert.ok(locked.some((message) => /^\/var\/lib\/dpkg\/lock.* is held by process \d+ \(apt-get /.test(message)));
    assert.equal(exit, 3);
    assert.ok(existsSync(join(root.path, POLICY)), 'no service starts meanwhile');
    const { status, stderr } = await run(['patch', ...at]);
    assert.equal(status, 6);
    assert.match(stderr, /A run of Kintsugi \(\S+\) is at work now/);
    assert.ok(existsSync(join(root.path, POLICY)), 'and the second one has not taken the policy away');
  });

  await t.test('lets the run go on to its end, and the next scan tells the truth', async () => {
    await setSlowness(root, 0);
    await until('the run has ended', () => processesIn(root).length === 0);
    assert.deepEqual(
      (await runsOf(root)).map(({ result }) => result),
      ['ok\n'],
    );
    assert.ok(existsSync(join(root.path, SLOW_MARKS.ended)));
    assert.deepEqual(changed(before, await versionsOf(root)), [`${SLOW} 2.0`]);
    const { report } = await scan(at);
    assert.deepEqual(report.problems, []);
    assert.ok(!report.patches.some(({ name }) => name === SLOW));
    assert.ok(!existsSync(join(root.path, POLICY)));
    assert.ok(!existsSync(join(root.path, 'var/cache/kintsugi')));
  });
});

test('A run that is killed with apt and dpkg in the middle of a step', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('slow-postinst');
  await setSlowness(root, 600);
  await rm(join(root.path, POLICY));
  const { start, scan, patch } = await kintsugi(t);
  const at = ['--root', root.path];
  const [before, marks] = [await versionsOf(root), await marksOf(root)];
  const first = start(['patch', ...at, '--json']);
  await inTheMiddle(root);
  await endProcessesIn(root.path);
  await setSlowness(root, 0);

  await t.test('is told by the command that follows it', async () => {
    const { status, stdout } = await first.ended;
    const outcome = JSON.parse(stdout);
    assert.deepEqual([status, outcome.run.result, outcome.error.code], [8, 'died', 'InstallFailed']);
  });

  await t.test('is told by a scan as interrupted', async () => {
    const { exit, report } = await scan(at);
    assert.deepEqual(report.problems.map(({ code }) => code).sort(), ['dpkg-interrupted', 'run-interrupted']);
    assert.equal(exit, 3);
    const slow = report.patches.find(({ name }) => name === SLOW);
    assert.deepEqual([slow?.state, slow?.reason], ['MISSING', 'half-configured']);
  });

  await t.test('is taken up by the next patch, which ends compliant and installs nothing twice', async () => {
    const { exit, outcome } = await patch(at);
    assert.deepEqual([exit, outcome.repair, outcome.after?.status], [0, 'done', 'COMPLIANT']);
    const upgrades = await upgradesOf(root);
    assert.ok(upgrades.size > 10);
    for (const [name, times] of upgrades) assert.equal(times, 1, name);
    const after = await versionsOf(root);
    assert.ok(changed(before, after).includes(`${SLOW} 2.0`));
    for (const version of after.values()) assert.doesNotMatch(version, /\(/);
  });

  await t.test('has its record closed, the marks of a person kept and nothing left behind', async () => {
    const [killed, ...later] = await runsOf(root);
    assert.match(killed?.result ?? '', /^interrupted taken up by /);
    assert.ok(later.length > 0 && later.every(({ result }) => result === 'ok\n'));
    assert.deepEqual(await marksOf(root), marks);
    assert.ok(!existsSync(join(root.path, POLICY)));
    assert.deepEqual((await scan(at)).report.problems, []);
  });
});

test('Ctrl-C', async (t) => {
  if (!(await requireLab(t))) return;

  await t.test('stops between steps and says so; the next patch goes on', async (t) => {
    await using root = await freshRoot('slow-postinst');
    await setSlowness(root, 600);
    await installFirst(root, SLOW);
    const { start, patch } = await kintsugi(t);
    const at = ['--root', root.path];
    const before = await versionsOf(root);
    const stopped = start(['patch', ...at]);
    await inTheMiddle(root);
    stopped.child.kill('SIGINT');
    await until('the run is asked to stop', async () => (await runsOf(root)).some(({ isStopped }) => isStopped));
    await setSlowness(root, 0);
    const { status, stdout, stderr } = await stopped.ended;
    assert.match(stderr, /stopping before the next step; the one that runs is finished first/);
    assert.match(stdout, /the run ended with: stopped before step 2/);
    assert.equal(status, 3);
    assert.ok(existsSync(join(root.path, SLOW_MARKS.ended)));
    const done = changed(before, await versionsOf(root));
    assert.ok(done.includes(`${SLOW} 2.0`));
    const { exit, outcome } = await patch(at);
    assert.deepEqual([exit, outcome.after?.status, outcome.repair], [0, 'COMPLIANT', 'none']);
    assert.ok(outcome.plan.length > 0 && outcome.plan.every(({ name }) => name !== SLOW));
  });

  await t.test('before the installation leaves everything as it was', async (t) => {
    await using root = await freshRoot('slow-postinst');
    const { start } = await kintsugi(t);
    const before = await versionsOf(root);
    const patch = start(['patch', '--root', root.path]);
    await patch.until(/fetching/);
    patch.child.kill('SIGINT');
    const { status, stderr } = await patch.ended;
    assert.equal(status, 9);
    assert.match(stderr, /stopped before the installation/);
    assert.deepEqual(changed(before, await versionsOf(root)), []);
    assert.ok(!existsSync(join(root.path, 'var/cache/kintsugi')));
  });
});

test('Of two patches at once one installs, and the other is refused', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('slow-postinst');
  const { start } = await kintsugi(t);
  const before = await versionsOf(root);
  const args = ['patch', '--root', root.path, '--only', SLOW];
  await setSlowness(root, 600);
  const both = [start(args).ended, start(args).ended];
  const refused = await Promise.race(both);
  await setSlowness(root, 0);
  const done = (await Promise.all(both)).find((one) => one !== refused);
  assert.deepEqual([done?.status, refused.status], [3, 6], `${done?.stderr}\n${refused.stderr}`);
  assert.match(refused.stderr, /another run is at work there now|another run patches it now|A run of Kintsugi/);
  assert.deepEqual(changed(before, await versionsOf(root)), [`${SLOW} 2.0`]);
  assert.equal((await upgradesOf(root)).get(`${SLOW}:all`), 1);
});
