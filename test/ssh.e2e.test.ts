import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import { type SshTarget, sshTarget } from '../lab/ssh.ts';
import { SLOW_MARKS, setSlowness } from '../lab/variants/updates.ts';
import type { ScanReport } from '../src/core/compliance/types.ts';
import { type Line, lineTo } from './cut-line.ts';
import { kintsugi } from './kintsugi.ts';
import { changed, marksOf, versionsOf } from './root-state.ts';

const SLOW = 'kintsugi-lab-slow';

/** A login shell that knows commands, and none of the language of sh. */
const ODD_SHELL = `#!/bin/sh
case $2 in /bin/sh\\ *) exec /bin/sh -c "$2" ;; esac
echo "odd-shell: what is $2" >&2
exit 127
`;

function verdicts({ patches }: ScanReport): readonly string[] {
  return patches.map((one) => `${one.name} ${one.architecture} ${one.availableVersion} ${one.state} ${one.reason}`);
}

test('a machine that is reached by ssh', async (t) => {
  if (!(await requireLab(t))) return;
  await using target = await sshTarget(await freshRoot('odd-names'));
  const { root, env } = target;
  const { scan, patch, run } = await kintsugi(t);
  const here = await scan(['--root', root.path]);

  await t.test('is told to be what its root is told to be, also to a user without rights', async () => {
    for (const user of ['root', 'visitor', 'mender'] as const) {
      const there = await scan(['--ssh', target.as(user)], env);
      assert.deepEqual([there.exit, there.report.target.access], [3, 'ssh'], user);
      assert.deepEqual(verdicts(there.report), verdicts(here.report), user);
      assert.deepEqual(there.report.counts, here.report.counts, user);
    }
  });

  await t.test('is not patched by a user without rights', async () => {
    const { status, stderr } = await run(['patch', '--ssh', target.as('visitor')], env);
    assert.equal(status, 7);
    assert.match(stderr, /visitor@labhost does not let this user become root without a password/);
  });

  await t.test('is patched through sudo, exactly as planned, whatever the login shell is', async () => {
    await writeFile(join(root.path, 'usr/local/bin/odd-shell'), ODD_SHELL, { mode: 0o755 });
    await root.must(['usermod', '--shell', '/usr/local/bin/odd-shell', 'mender']);
    const [versions, marks] = [await versionsOf(root), await marksOf(root)];
    const only = ['--only', 'kintsugi-lab-epoch', 'libkintsugi-lab++1.0'];
    const { exit, outcome } = await patch(['--ssh', target.as('mender'), ...only], env);
    assert.deepEqual([exit, outcome.run?.result, outcome.error], [3, 'ok', null]);
    const expected = ['kintsugi-lab-epoch 1:1.0', 'libkintsugi-lab++1.0 1:1.0~rc1+b1-2'];
    assert.deepEqual(changed(versions, await versionsOf(root)), expected);
    assert.deepEqual(await marksOf(root), marks);
  });

  await t.test('is patched as root, and its root is compliant then', async () => {
    const versions = await versionsOf(root);
    const { exit, outcome } = await patch(['--ssh', target.host], env);
    const expected = outcome.plan.map(({ name, to }) => `${name} ${to}`).sort();
    assert.deepEqual([outcome.run?.result, outcome.error], ['ok', null]);
    assert.deepEqual(changed(versions, await versionsOf(root)), expected);
    // A running machine may have to be rebooted for what it got, a root that does not run never.
    const waits = outcome.after?.patches.filter(({ state }) => state === 'INSTALLED_PENDING_REBOOT') ?? [];
    assert.equal(exit, waits.length > 0 ? 3 : 0);
    assert.equal(outcome.after?.counts.missing, 0);
    const { exit: after, report } = await scan(['--root', root.path]);
    assert.deepEqual([after, report.status], [0, 'COMPLIANT']);
    assert.ok(!existsSync(join(root.path, 'var/cache/kintsugi')));
  });

  await t.test('is refused where its host key is not known', async () => {
    const config = (await readFile(target.config, 'utf8')).replace(
      /^\s*UserKnownHostsFile .*$/m,
      '  UserKnownHostsFile /dev/null',
    );
    const path = `${target.config}-unknown`;
    await writeFile(path, config);
    const { status, stderr } = await run(['scan', '--ssh', target.host], { KINTSUGI_SSH_CONFIG: path });
    assert.equal(status, 5);
    assert.match(stderr, /cannot be reached by ssh: .*Host key verification failed/);
  });
});

test('a machine that wants a reboot for what it got waits for it, and says why', async (t) => {
  if (!(await requireLab(t))) return;
  await using target = await sshTarget(await freshRoot('reboot'));
  const { env } = target;
  const { patch, scan } = await kintsugi(t);
  const name = 'kintsugi-lab-reboots';
  const { exit, outcome } = await patch(['--ssh', target.host, '--only', name], env);
  assert.deepEqual([exit, outcome.run?.result], [3, 'ok']);
  for (const report of [outcome.after, (await scan(['--ssh', target.as('visitor')], env)).report]) {
    assert.equal(report?.rebootRequired, true);
    const asked = report.rebootReasons.find(({ signal }) => signal === 'reboot-required-file');
    assert.deepEqual(asked?.packages, [name]);
    const state = report.patches.find((one) => one.name === name);
    assert.deepEqual([state?.state, state?.reason], ['INSTALLED_PENDING_REBOOT', 'pending-reboot']);
  }
});

async function breakable(t: TestContext, target: SshTarget): Promise<{ line: Line; env: Record<string, string> }> {
  const line = await lineTo(target.port);
  t.after(line.close);
  const path = `${target.config}-line`;
  const config = await readFile(target.config, 'utf8');
  await writeFile(path, config.replace(`Port ${target.port}\n`, `Port ${line.port}\n`));
  return { line, env: { KINTSUGI_SSH_CONFIG: path } };
}

async function inTheMiddle({ root }: SshTarget): Promise<void> {
  for (let turn = 0; !existsSync(join(root.path, SLOW_MARKS.started)); turn++) {
    if (turn > 1200) throw new Error('the slow script has not begun for a minute');
    await sleep(50);
  }
}

test('a connection that breaks in the middle of a step', async (t) => {
  if (!(await requireLab(t))) return;
  await using target = await sshTarget(await freshRoot('slow-postinst'));
  const { line, env } = await breakable(t, target);
  await setSlowness(target.root, 600);
  const { start } = await kintsugi(t);
  const versions = await versionsOf(target.root);
  const patch = start(['patch', '--ssh', target.host, '--only', SLOW, '--json'], env);
  await inTheMiddle(target);
  line.cut();
  while (line.refused() < 2) await sleep(50);
  line.mend();
  await setSlowness(target.root, 0);
  const { status, stdout, stderr } = await patch.ended;
  assert.equal(status, 3, stderr);
  const outcome = JSON.parse(stdout);
  assert.deepEqual([outcome.run.result, outcome.error], ['ok', null]);
  assert.ok(existsSync(join(target.root.path, SLOW_MARKS.ended)));
  assert.deepEqual(changed(versions, await versionsOf(target.root)), [`${SLOW} 2.0`]);
});

test('a command line that is killed while a machine behind ssh is patched', async (t) => {
  if (!(await requireLab(t))) return;
  await using target = await sshTarget(await freshRoot('slow-postinst'));
  const { root, env } = target;
  await setSlowness(root, 600);
  const { start, scan, run } = await kintsugi(t);
  const at = ['--ssh', target.host];
  const versions = await versionsOf(root);
  const patch = start(['patch', ...at, '--only', SLOW], env);
  await inTheMiddle(target);
  patch.child.kill('SIGKILL');
  await patch.ended;
  const { report } = await scan(at, env);
  assert.ok(
    report.problems.some(({ code, message }) => code === 'locked' && /run of Kintsugi .* is at work now/.test(message)),
  );
  assert.equal((await run(['patch', ...at], env)).status, 6);
  await setSlowness(root, 0);
  const runs = join(root.path, 'var/lib/kintsugi/runs');
  const [id = ''] = await readdir(runs);
  while (!existsSync(join(runs, id, 'result'))) await sleep(100);
  assert.equal(await readFile(join(runs, id, 'result'), 'utf8'), 'ok\n');
  assert.deepEqual(changed(versions, await versionsOf(root)), [`${SLOW} 2.0`]);
  assert.deepEqual((await scan(at, env)).report.problems, []);
});
