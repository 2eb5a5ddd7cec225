import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import type { LabRoot } from '../lab/root.ts';
import { freshRoot } from '../lab/roots.ts';
import { kintsugi, type PatchOutcome } from './kintsugi.ts';
import { changed, difference, filesOf, marksOf, mountsIn, processesIn, rehearsed, versionsOf } from './root-state.ts';

const VERB = ['apt-get', '-s', '--with-new-pkgs', 'upgrade'];

/** `name version` of a plan. */
function planned({ plan }: PatchOutcome): readonly string[] {
  return plan.map(({ name, to }) => `${name} ${to ?? '-'}`).sort();
}

function leftBehind(root: LabRoot): readonly string[] {
  const paths = ['usr/sbin/policy-rc.d', 'var/cache/kintsugi', 'dev/outer-proc'];
  const files = paths.filter((path) => existsSync(join(root.path, path)));
  return [...files, ...processesIn(root).map(String), ...mountsIn(root)];
}

/** A package whose update takes others along, by apt's own word; any, where none does on this day. */
async function companionable(root: LabRoot): Promise<{ name: string; expected: readonly string[] }> {
  let found = { name: '', expected: [] as readonly string[] };
  for (const line of rehearsed(await root.must(VERB))) {
    const name = line.split(' ')[0] ?? '';
    found = { name, expected: rehearsed(await root.must(['apt-get', '-s', '--only-upgrade', 'install', name])) };
    if (found.expected.length > 1) break;
  }
  return found;
}

test('a root with pending updates', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('pending');
  const { patch, scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  // The lab's own policy would hide whether ours goes away again.
  await rm(join(root.path, 'usr/sbin/policy-rc.d'));
  const expected = rehearsed(await root.must(VERB));
  const files = await filesOf(root);
  const versions = await versionsOf(root);
  const marks = await marksOf(root);

  await t.test('is told its exact versions by a dry run, which changes nothing', async () => {
    const { exit, outcome } = await patch([...at, '--dry-run']);
    assert.deepEqual(planned(outcome), expected);
    assert.deepEqual([exit, outcome.run, outcome.changes], [0, null, []]);
    const { stdout } = await run(['patch', ...at, '--dry-run']);
    for (const line of expected) assert.match(stdout, new RegExp(`-> ${line.split(' ')[1]?.replace(/[.+]/g, '\\$&')}`));
    assert.deepEqual(difference(files, await filesOf(root)), []);
  });

  await t.test('gets exactly these and is compliant', async () => {
    const { exit, outcome } = await patch(at);
    assert.deepEqual([exit, outcome.run?.result, outcome.error], [0, 'ok', null]);
    assert.deepEqual(planned(outcome), expected);
    assert.deepEqual(changed(versions, await versionsOf(root)), expected);
    assert.deepEqual(outcome.changes.map(({ name, to }) => `${name} ${to}`).sort(), expected);
    assert.ok(outcome.changes.every((change) => change.planned));
    assert.equal(outcome.after?.status, 'COMPLIANT');
  });

  await t.test('keeps the marks of what a person chose, and has nothing left behind', async () => {
    assert.deepEqual(await marksOf(root), marks);
    assert.deepEqual(leftBehind(root), []);
  });

  await t.test('is compliant to a new scan, and a second patch does nothing', async () => {
    const { exit, report } = await scan(at);
    assert.deepEqual([exit, report.status, report.counts.missing], [0, 'COMPLIANT', 0]);
    const log = await readFile(join(root.path, 'var/log/dpkg.log'), 'utf8');
    const again = await patch(at);
    assert.deepEqual([again.exit, again.outcome.plan, again.outcome.run], [0, [], null]);
    assert.equal(await readFile(join(root.path, 'var/log/dpkg.log'), 'utf8'), log);
  });
});

test('--only patches what it names and what that needs', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const { patch, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const versions = await versionsOf(root);

  await t.test('with epochs, plus signs and tildes in names and versions', async () => {
    const names = ['libkintsugi-lab++1.0', 'kintsugi-lab-epoch:all'];
    const { exit, outcome } = await patch([...at, '--only', ...names]);
    const expected = ['kintsugi-lab-epoch 1:1.0', 'libkintsugi-lab++1.0 1:1.0~rc1+b1-2'];
    assert.deepEqual([planned(outcome), changed(versions, await versionsOf(root))], [expected, expected]);
    assert.deepEqual([exit, outcome.after?.status], [3, 'NON_COMPLIANT']);
  });

  await t.test('with what apt brings along for it, marked as such', async () => {
    const before = await versionsOf(root);
    const { name, expected } = await companionable(root);
    const { outcome } = await patch([...at, '--only', name, '--dry-run']);
    assert.deepEqual(planned(outcome), expected);
    const chosen = outcome.plan.filter((one) => one.chosen);
    assert.deepEqual(
      chosen.map((one) => one.name),
      [name],
    );
    const { stdout } = await run(['patch', ...at, '--offline', '--dry-run', '--only', name]);
    assert.ok(stdout.endsWith(`To install this:\n  kintsugi patch ${at.join(' ')} --only ${name}\n`), stdout);
    assert.deepEqual(changed(before, await versionsOf(root)), []);
  });

  await t.test('and refuses a name that is not there', async () => {
    const { status, stderr } = await run(['patch', ...at, '--only', 'jqq']);
    assert.equal(status, 2);
    assert.match(stderr, /No package "jqq" is installed or would be/);
  });
});

test('an update that needs a new package brings it, marked as a dependency', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('new-dependency');
  const { patch } = await kintsugi(t);
  const [versions, marks] = [await versionsOf(root), await marksOf(root)];
  const { exit, outcome } = await patch(['--root', root.path, '--only', 'kintsugi-lab-grows']);
  assert.deepEqual([exit, outcome.run?.result], [3, 'ok']);
  assert.deepEqual(changed(versions, await versionsOf(root)), ['kintsugi-lab-grown 1.0', 'kintsugi-lab-grows 2.0']);
  const now = await marksOf(root);
  assert.equal(now.manual, marks.manual);
  assert.deepEqual(difference(marks.auto.split('\n'), now.auto.split('\n')), ['kintsugi-lab-grown']);
});

test('an update that would remove a package', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('kept-back');
  const { patch } = await kintsugi(t);
  const only = ['--root', root.path, '--only', 'kintsugi-lab-displaces'];
  const versions = await versionsOf(root);

  await t.test('is left out as kept back', async () => {
    const { exit, outcome } = await patch(only);
    assert.deepEqual([exit, outcome.plan, outcome.leftOut.map(({ reason }) => reason)], [3, [], ['kept-back']]);
    assert.deepEqual(changed(versions, await versionsOf(root)), []);
  });

  await t.test('is installed with --full, and the removal stands in the plan', async () => {
    const { outcome } = await patch([...only, '--full']);
    const expected = ['kintsugi-lab-displaced -', 'kintsugi-lab-displaces 2.0'];
    assert.deepEqual([outcome.run?.result, planned(outcome)], ['ok', expected]);
    assert.ok(outcome.changes.every((change) => change.planned));
    assert.deepEqual(changed(versions, await versionsOf(root)), expected);
  });
});
