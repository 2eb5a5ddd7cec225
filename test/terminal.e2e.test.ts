import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import { BIN, kintsugi } from './kintsugi.ts';
import { changed, versionsOf } from './root-state.ts';

/** Runs the command line on a terminal of its own (script(1)) and types `keys` once it asks. */
async function typed(
  args: readonly string[],
  keys: string,
  home: string,
): Promise<{ status: number | null; said: string }> {
  const command = [BIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env.PATH, KINTSUGI_HOME: home, TERM: 'xterm' },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  while (!said.includes('[y/N]') && child.exitCode === null) await sleep(20);
  child.stdin.write(keys);
  return { status: await ended, said };
}

test('on a terminal patch asks first', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const { home } = await kintsugi(t);
  const args = ['patch', '--root', root.path, '--only', 'kintsugi-lab-epoch'];
  const versions = await versionsOf(root);
  const answers = { 'n\r': 'no', '\r': 'nothing', '\u0003': 'Ctrl-C', '\u0004': 'Ctrl-D' };
  for (const [keys, name] of Object.entries(answers)) {
    await t.test(`and takes ${name} for a no`, async () => {
      const { status, said } = await typed(args, keys, home);
      assert.equal(status, 9, said);
      assert.match(said, /Install this package on .*\? \[y\/N\]/);
      assert.match(said, /Nothing was changed/);
      assert.deepEqual(changed(versions, await versionsOf(root)), []);
    });
  }
  await t.test('and installs after a yes', async () => {
    const { status, said } = await typed(args, 'y\r', home);
    assert.equal(status, 3, said);
    assert.deepEqual(changed(versions, await versionsOf(root)), ['kintsugi-lab-epoch 1:1.0']);
  });
});

test('a reader that goes away early ends nothing and hides no exit code', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const { start } = await kintsugi(t);
  const at = ['--root', root.path];
  const versions = await versionsOf(root);
  const scan = start(['scan', ...at]);
  scan.child.stdout?.destroy();
  assert.equal((await scan.ended).status, 3);
  const patch = start(['patch', ...at, '--only', 'kintsugi-lab-epoch']);
  for (const stream of [patch.child.stdout, patch.child.stderr]) stream?.destroy();
  assert.equal((await patch.ended).status, 3);
  assert.deepEqual(changed(versions, await versionsOf(root)), ['kintsugi-lab-epoch 1:1.0']);
});
