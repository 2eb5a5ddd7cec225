import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { localTarget } from './local.ts';
import { rootTarget } from './root.ts';

/** A folder with no more of a Debian root than what it is known by. */
function root(t: TestContext, name = 'kintsugi-root-'): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), name)));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'var/lib/dpkg'), { recursive: true });
  writeFileSync(join(folder, 'var/lib/dpkg/status'), '');
  return folder;
}

const isRoot = process.getuid?.() === 0;
const outside = { offline: true };

test('a root is looked at from outside with the tools of this machine', async (t) => {
  const folder = root(t);
  const target = rootTarget(folder, outside);
  assert.deepEqual([target.access, target.address, target.root, target.reboot], ['offline', folder, folder, null]);
  assert.equal(target.again, `--root ${folder} --offline`);
  assert.equal((await target.read('pwd >/dev/null && echo here\n', { timeoutMs: 30_000 })).stdout, 'here\n');
});

test('who is root looks at it from inside, everybody else from outside', (t) => {
  assert.equal(rootTarget(root(t), { offline: false }).access, isRoot ? 'chroot' : 'offline');
});

test('only root changes a root, or this machine', { skip: isRoot && 'needs a plain user' }, (t) => {
  const target = rootTarget(root(t), outside);
  assert.throws(() => target.change('', { timeoutMs: 1000 }), { code: 'Permission' });
  assert.throws(() => localTarget().change('', { timeoutMs: 1000 }), { code: 'Permission' });
});

test('a link to a root leads to it, and a path with spaces is quoted to be copied', (t) => {
  const folder = root(t, 'kintsugi root ');
  assert.equal(rootTarget(folder, outside).again, `--root '${folder}' --offline`);
  const link = join(root(t), 'link');
  symlinkSync(folder, link);
  assert.equal(rootTarget(link, outside).root, folder);
});

test('what is no root is refused with the reason', (t) => {
  const folder = root(t);
  const refused = (path: string, message: RegExp) => {
    assert.throws(() => rootTarget(path, outside), { code: 'NotARoot', message });
  };
  refused('', /empty/);
  refused('/', /this running machine/);
  refused('/proc/../', /this running machine/);
  refused(join(folder, 'none'), /There is no folder/);
  refused(join(folder, 'var/lib/dpkg/status'), /is not a folder/);
  refused(join(folder, 'etc'), /no var\/lib\/dpkg\/status/);
  rmSync(join(folder, 'var/lib/dpkg/status'));
  mkdirSync(join(folder, 'var/lib/dpkg/status'));
  refused(folder, /no var\/lib\/dpkg\/status/);
});

for (const name of ['a"b', 'a;b', 'a\\b', 'a\nb']) {
  test(`a path with ${JSON.stringify(name)} is refused: apt would read it as syntax`, (t) => {
    const folder = root(t, `kintsugi-${name}-`);
    assert.throws(() => rootTarget(folder, outside), { code: 'NotARoot', message: /character that apt cannot take/ });
  });
}

test('this machine is looked at by its own shell', async () => {
  const target = localTarget();
  assert.deepEqual([target.access, target.root, target.again], ['local', null, '']);
  assert.equal((await target.read('echo "$LC_ALL"\n', { timeoutMs: 30_000 })).stdout, 'C.UTF-8\n');
});
