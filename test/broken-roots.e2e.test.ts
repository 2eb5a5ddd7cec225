import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import type { VariantName } from '../lab/variants.ts';
import { kintsugi } from './kintsugi.ts';
import { changed, difference, filesOf, versionsOf } from './root-state.ts';

const INTERRUPTED: Readonly<Record<string, VariantName>> = {
  'A failed postinst (half-configured)': 'half-configured',
  'A package that was unpacked and never configured': 'unpacked',
  'A dpkg that was killed, its journal still there': 'interrupted',
};

for (const [what, variant] of Object.entries(INTERRUPTED)) {
  test(`${what}: the scan says so, and patch finishes it, then patches`, async (t) => {
    if (!(await requireLab(t))) return;
    await using root = await freshRoot(variant);
    const { patch, scan, run } = await kintsugi(t);
    const name = root.facts.package ?? '';
    const at = ['--root', root.path];
    const { exit, report } = await scan(at);
    assert.deepEqual([exit, report.status], [3, 'NON_COMPLIANT']);
    const unfinished = report.patches.filter(({ reason }) => reason === 'half-configured');
    assert.deepEqual(
      unfinished.map((one) => [one.name, one.state]),
      [[name, 'MISSING']],
    );
    assert.deepEqual(
      report.problems.map(({ code }) => code),
      ['dpkg-interrupted'],
    );
    assert.match(report.problems[0]?.message ?? '', new RegExp(`1 package is not fully installed: ${name}`));

    const [update = ''] = report.patches.filter((one) => one.availableVersion !== null).map((one) => one.name);
    const before = await versionsOf(root);
    const dry = await run(['patch', ...at, '--dry-run']);
    assert.match(dry.stdout, /An installation was interrupted here: what it left behind is finished first/);
    assert.deepEqual(changed(before, await versionsOf(root)), []);
    const { outcome } = await patch([...at, '--only', update]);
    assert.deepEqual([outcome.repair, outcome.run?.result], ['done', 'ok']);
    const expected = [...outcome.plan.map((one) => `${one.name} ${one.to}`), `${name} 2.0`].sort();
    assert.deepEqual(changed(before, await versionsOf(root)), expected);
    assert.deepEqual(outcome.after?.problems, []);
    assert.equal((await root.must(['dpkg', '--audit'])).trim(), '');
  });
}

test('A lock that stays held: patch waits for it, names the holder, and changes nothing', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('locked');
  const { scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const { pid = '', lock = '' } = root.facts;
  const holder = `${lock} is held by process ${pid} (perl `;
  for (const how of [[], ['--offline']]) {
    const { exit, report } = await scan([...at, ...how]);
    assert.deepEqual([exit, report.problems.map(({ code }) => code)], [3, ['locked']]);
    assert.ok(report.problems[0]?.message.startsWith(holder), report.problems[0]?.message);
  }
  await using other = await freshRoot('pending');
  assert.deepEqual((await scan(['--root', other.path])).report.problems, [], 'the lock is not one of another root');
  const files = (await filesOf(root)).filter((line) => !isOurs(line));
  const started = Date.now();
  const { status, stderr } = await run(['patch', ...at, '--lock-timeout', '3', '--yes']);
  assert.ok(Date.now() - started > 3000, 'it waited');
  assert.equal(status, 6);
  assert.ok(stderr.includes(holder), stderr);
  assert.match(stderr, /--lock-timeout SECONDS/);
  assert.deepEqual(
    difference(
      files,
      (await filesOf(root)).filter((line) => !isOurs(line)),
    ),
    [],
  );
});

/** Kintsugi's own state, and the folders and locks that dpkg and apt touch before they know that they may not. */
function isOurs(line: string): boolean {
  return /^var\/(?:lib\/kintsugi|lib|cache|lib\/dpkg|lib\/dpkg\/lock.*|cache\/apt.*|log\/apt.*)\t|^var\/lib\/kintsugi\//.test(
    line,
  );
}

test('A held package: missing with its reason, left out of the plan, and patch ends with 3', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('held');
  const { patch, scan, run } = await kintsugi(t);
  const at = ['--root', root.path];
  const name = root.facts.package ?? '';
  const { report } = await scan(at);
  const held = report.patches.filter(({ reason }) => reason === 'held');
  assert.deepEqual(
    held.map((one) => [one.name, one.state]),
    [[name, 'MISSING']],
  );
  assert.match(held[0]?.explanation ?? '', /on hold: `apt-mark unhold \S+` lets it go/);
  const { stdout } = await run(['patch', ...at, '--dry-run']);
  assert.match(stdout, new RegExp(`Left out \\(1\\)\\n {2}${name} `));
  const versions = await versionsOf(root);
  const { exit, outcome } = await patch([...at, '--only', name]);
  assert.deepEqual([exit, outcome.plan, outcome.leftOut.map(({ reason }) => reason)], [3, [], ['held']]);
  assert.deepEqual(changed(versions, await versionsOf(root)), []);
});

test('A full /boot: a kernel is refused before anything is changed', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('full-boot');
  const { run, patch } = await kintsugi(t);
  const at = ['--root', root.path];
  const versions = await versionsOf(root);
  const { status, stderr } = await run(['patch', ...at]);
  assert.equal(status, 9);
  assert.match(stderr, /\/boot needs 4\.\d MiB and has 0\.0 MiB free/);
  assert.match(stderr, /Free the space named above; nothing was changed/);
  assert.deepEqual(changed(versions, await versionsOf(root)), []);
  assert.ok(!existsSync(join(root.path, 'var/cache/kintsugi')));
  const { stdout } = await run(['patch', ...at, '--json']);
  assert.equal(JSON.parse(stdout).error.code, 'NoSpace');
  const { outcome } = await patch([...at, '--only', 'unzip']);
  assert.equal(outcome.error, null, 'what needs no room in /boot can be patched');
});
