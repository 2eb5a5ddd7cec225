import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import type { PatchResult } from '../src/core/compliance/types.ts';
import { kintsugi } from './kintsugi.ts';
import { changed, versionsOf } from './root-state.ts';

const DAY_MS = 86_400_000;

/** Writes a baseline for Debian into `folder` and answers its path. */
async function baseline(folder: string, fields: Readonly<Record<string, unknown>>): Promise<string> {
  const path = join(folder, 'baseline.json');
  await writeFile(path, JSON.stringify({ Name: 'lab', OperatingSystem: 'DEBIAN', ...fields }));
  return path;
}

function byReason(patches: readonly PatchResult[], reason: string): readonly PatchResult[] {
  return patches.filter((patch) => patch.reason === reason);
}

test('a baseline that approves one package by name patches that one and is compliant', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('plain');
  const { home, patch, scan } = await kintsugi(t);
  const fields = { ApprovedPatches: ['kintsugi-lab-plain'], ApprovedPatchesEnableNonSecurity: true };
  const at = ['--root', root.path, '--baseline', await baseline(home, fields)];
  const versions = await versionsOf(root);

  const { exit, report } = await scan(at);
  const approved = byReason(report.patches, 'update-approved');
  assert.deepEqual([exit, approved.map(({ name }) => name)], [3, ['kintsugi-lab-plain']]);
  assert.equal(approved[0]?.rule.text, 'ApprovedPatches: kintsugi-lab-plain');
  assert.equal(byReason(report.patches, 'no-rule-matches').length, report.patches.length - 1);

  const { exit: after, outcome } = await patch(at);
  assert.deepEqual(changed(versions, await versionsOf(root)), ['kintsugi-lab-plain 2.0']);
  assert.deepEqual([after, outcome.after?.status, outcome.leftOut], [0, 'COMPLIANT', []]);
});

test('an approved update that needs a rejected package', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('new-dependency');
  const { home, patch } = await kintsugi(t);
  const versions = await versionsOf(root);
  const fields = { ApprovedPatches: ['kintsugi-lab-grows'], RejectedPatches: ['kintsugi-lab-grown'] };

  await t.test('is left out with RejectedPatchesAction BLOCK, and stays missing', async () => {
    const file = await baseline(home, { ...fields, RejectedPatchesAction: 'BLOCK' });
    const { exit, outcome } = await patch(['--root', root.path, '--baseline', file]);
    assert.deepEqual([exit, outcome.plan, outcome.after?.counts.missing], [3, [], 1]);
    assert.match(outcome.leftOut[0]?.detail ?? '', /it needs kintsugi-lab-grown, which the baseline rejects/);
    assert.deepEqual(changed(versions, await versionsOf(root)), []);
  });

  await t.test('is installed with ALLOW_AS_DEPENDENCY, and brings it along', async () => {
    const file = await baseline(home, { ...fields, RejectedPatchesAction: 'ALLOW_AS_DEPENDENCY' });
    const { exit, outcome } = await patch(['--root', root.path, '--baseline', file]);
    assert.deepEqual(changed(versions, await versionsOf(root)), ['kintsugi-lab-grown 1.0', 'kintsugi-lab-grows 2.0']);
    assert.deepEqual([exit, outcome.after?.status], [0, 'COMPLIANT']);
  });
});

test('an approval delay', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const { home, patch, scan, run } = await kintsugi(t);
  const rule = {
    PatchFilterGroup: { PatchFilters: [{ Key: 'SECTION', Values: ['misc'] }] },
    ApproveAfterDays: 7,
  };
  const at = ['--root', root.path, '--baseline', await baseline(home, { ApprovalRules: { PatchRules: [rule] } })];
  const versions = await versionsOf(root);
  const names = ['kintsugi-lab-epoch', 'libkintsugi-lab++1.0'];

  await t.test('counts from when a version was first seen, and nothing is installed before its end', async () => {
    const first = await scan(at);
    const { exit, report } = await scan(at);
    const waiting = byReason(report.patches, 'not-yet-approved');
    for (const name of names) assert.ok(waiting.some((one) => one.name === name));
    for (const one of waiting) {
      assert.equal(Date.parse(one.approvedAt ?? ''), Date.parse(one.firstSeen ?? '') + 7 * DAY_MS);
    }
    assert.deepEqual(report.patches, first.report.patches, 'a second look starts no delay anew');
    assert.deepEqual([exit, report.status], [0, 'COMPLIANT']);
    const { exit: after, outcome } = await patch(at);
    assert.deepEqual([after, outcome.plan], [0, []]);
    assert.match((await run(['explain', 'kintsugi-lab-epoch', ...at])).stdout, /first seen/);
  });

  await t.test('is over when the version was first seen long enough ago', async () => {
    const file = join(home, 'first-seen.tsv');
    const then = new Date(Date.now() - 8 * DAY_MS).toISOString();
    await writeFile(file, (await readFile(file, 'utf8')).replace(/\t[^\t\n]+\t\.$/gm, `\t${then}\t.`));
    const { report } = await scan(at);
    assert.deepEqual(byReason(report.patches, 'not-yet-approved'), []);
    const approved = byReason(report.patches, 'update-approved');
    for (const name of names) assert.ok(approved.some((one) => one.name === name && one.firstSeen === then));
    const { exit } = await patch(at);
    const expected = approved.map((one) => `${one.name} ${one.availableVersion}`).sort();
    assert.deepEqual(changed(versions, await versionsOf(root)), expected);
    assert.equal(exit, 0);
  });
});

test('an update that its publisher does not offer to this machine yet is told as phased, and is not missing', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('phased');
  const { home, patch, scan } = await kintsugi(t);
  const fields = { ApprovedPatches: ['kintsugi-lab-phased'], ApprovedPatchesEnableNonSecurity: true };
  const at = ['--root', root.path, '--baseline', await baseline(home, fields)];
  const versions = await versionsOf(root);
  const { exit, report } = await scan(at);
  const phased = byReason(report.patches, 'phased');
  assert.deepEqual([exit, phased.map(({ name, state }) => [name, state])], [0, [['kintsugi-lab-phased', 'INSTALLED']]]);
  assert.match(phased[0]?.explanation ?? '', /offered to 0 % of machines so far, and not yet to this one/);
  const { exit: after, outcome } = await patch(at);
  assert.deepEqual([after, outcome.plan], [0, []]);
  assert.deepEqual(changed(versions, await versionsOf(root)), []);
});
