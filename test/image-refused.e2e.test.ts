import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../lab/command.ts';
import { requireLab } from '../lab/require.ts';
import type { BakeOutcome } from '../src/control/images/bake.ts';
import { bakeHome, OLD } from './bake.ts';
import { BIN } from './kintsugi.ts';

const { file, bakeArgv, run: runIt, mustBake, failedBake, checkNothingLeft } = bakeHome();
const QUICK = [...OLD, '--boot', 'none'];

let plain: BakeOutcome | undefined;

async function plainBake(): Promise<BakeOutcome> {
  await writeFile(file('mark.sh'), 'echo first >/etc/app-mark\n');
  plain ??= await mustBake('plain', [...QUICK, '--hook', file('mark.sh')]);
  return plain;
}

test('a hook that hangs is ended with all that it started, and nothing is left', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  await writeFile(file('hang.sh'), 'mount -t tmpfs x /mnt\nsleep 3600 &\ntrap "" TERM\nwhile :; do sleep 1; done\n');
  const error = await failedBake('hang', [...QUICK, '--hook', file('hang.sh'), '--hook-timeout', '3'], 8);
  assert.equal(error.code, 'HookFailed');
  assert.match(error.message, /hang\.sh was ended: it ran longer than 3 seconds/);
});

test('a secret that a hook leaves is named by its place, and no image is stored', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  const pem = `-----BEGIN ${'PRIVATE'} KEY-----`;
  await writeFile(file('secret.sh'), `printf '%s\\nMC4CAQAwBQYDK2VwBCIEIA\\n' '${pem}' >/etc/app.pem\n`);
  const error = await failedBake('secret', [...QUICK, '--hook', file('secret.sh')], 9);
  assert.equal(error.code, 'ImageNotClean');
  assert.match(error.message, /\/etc\/app\.pem: a private key/);
  assert.ok(!error.message.includes('MC4C'));
});

test('an image begins with an earlier one, and one that fails its boot test is never stored', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  const { manifest } = await plainBake();
  await writeFile(file('strict.yaml'), 'Commands: [{ Run: "cat /etc/app-mark; exit 7" }]\n');
  const base = ['--base', `plain@${manifest.digest.slice(0, 12)}`];
  const error = await failedBake('strict', [...base, '--boot', 'nspawn', '--check', file('strict.yaml')], 8);
  assert.equal(error.code, 'BootTestFailed');
  assert.match(error.message, /it ended with 7: first/);
  assert.match(error.message, /\n {2}\| .*systemd/, 'the end of its console');
  assert.ok(existsSync(file('images/.failed-boots/strict.log')), 'its console is kept');
});

test('an image to begin with whose archive was changed is refused', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  const { manifest, folder } = await plainBake();
  const archive = join(folder, 'root.tar.zst');
  await rename(archive, `${archive}.whole`);
  await writeFile(archive, 'no archive');
  const error = await failedBake('child', ['--base', `plain@${manifest.digest}`, '--boot', 'none'], 8);
  await rename(`${archive}.whole`, archive);
  assert.equal(error.code, 'ImageDamaged');
  assert.match(error.message, /root\.tar\.zst is not what was stored/);
});

test('a mirror that is none ends the bake at once', async (t) => {
  if (!(await requireLab(t, 'image'))) return;
  const error = await failedBake('lost', ['--boot', 'none', '--mirror', `file://${file('lost')}`, ...OLD], 8);
  assert.equal(error.code, 'BakeFailed');
  assert.match(error.message, /InRelease/);
});

/** Where the bake runs out of space: while its base is copied, and while the disk is written. */
for (const size of ['100m', '700m']) {
  test(`a disk of ${size} that is full is told, and everything is removed`, async (t) => {
    if (!(await requireLab(t, 'image'))) return;
    // The small disk is mounted in a namespace of the test's own, where the bake works.
    const work = file('images/.work');
    await mkdir(work, { recursive: true });
    const script =
      'mount --make-rprivate / && mount -t tmpfs -o "size=$2" x "$1" && shift 2 && "$@"; C=$?; ls "$W"; exit $C';
    const inside = ['sh', '-c', script, 'sh', work, size, ...bakeArgv('full', QUICK)];
    const { status, stdout, stderr } = await runIt(['unshare', '--mount', 'env', `W=${work}`, ...inside]);
    assert.equal(status, 9, stdout + stderr);
    const [answer = '', ...left] = stdout.trim().split('\n');
    assert.equal(JSON.parse(answer).error.code, 'NoSpace');
    assert.deepEqual(left, ['full.lock']);
    assert.ok(!existsSync(join(file('images'), 'full')));
    checkNothingLeft('full');
  });
}

for (const args of [
  ['--family', '../x'],
  ['--family', 'web', '--include', '--hook'],
  ['--family', 'web', '--include', 'a;b'],
  ['--family', 'web', '--suite', '../x'],
  ['--family', 'web', '--mirror', 'http://x main', '--security-mirror', 'none'],
]) {
  test(`\`image bake ${args.join(' ')}\` is refused before anything is made`, async () => {
    const { status } = await run([BIN, 'image', 'bake', ...args], { env: { KINTSUGI_HOME: file('none') } });
    assert.equal(status, 2);
    assert.ok(!existsSync(file('none')));
  });
}
