import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../lab/command.ts';
import { closedPort } from '../lab/port.ts';
import { requireLab } from '../lab/require.ts';
import { freshRoot } from '../lab/roots.ts';
import { BIN, kintsugi } from './kintsugi.ts';
import { asPlainUser, ROOT_OF_PLAIN_USER } from './plain-user.ts';
import { changed, difference, filesOf, versionsOf } from './root-state.ts';

const LONG = 'x'.repeat(100_000);

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kintsugi-bad-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('what is not a root filesystem is refused with 5 and one clear message', async (t) => {
  const { run: ask } = await kintsugi(t);
  const base = await folder(t);
  const file = join(base, 'file');
  await writeFile(file, '');
  await mkdir(join(base, 'a"b/etc'), { recursive: true });
  const roots = {
    '/': /\/ is this running machine: leave --root out/,
    '': /The name of the folder is empty/,
    [join(base, 'absent')]: /There is no folder /,
    [file]: /is not a folder/,
    [base]: /it has no var\/lib\/dpkg\/status/,
    [join(base, 'a"b')]: /holds a character that apt cannot take/,
    [`${base}/\u001b[31mred`]: /There is no folder .*\\u\{1b\}\[31mred/,
    [LONG]: /There is no folder xxx/,
  };
  for (const [root, message] of Object.entries(roots)) {
    for (const command of [['scan'], ['patch', '--yes'], ['explain', 'bash']]) {
      const { status, stdout, stderr } = await ask([...command, '--root', root]);
      assert.deepEqual([status, stdout], [5, ''], stderr.slice(0, 300));
      assert.match(stderr, message);
      assert.ok(stderr.length < 700 && stderr.trimEnd().split('\n').length === 2, stderr.slice(0, 1000));
    }
  }
  const { stdout } = await ask(['scan', '--json', '--root', base]);
  assert.equal(JSON.parse(stdout).error.code, 'NotARoot');
});

test('what is not USER@HOST never reaches ssh', async (t) => {
  const { run: ask } = await kintsugi(t);
  const canary = join(await folder(t), 'canary');
  const addresses = [
    `-oProxyCommand=touch ${canary}`,
    `root@-oProxyCommand=touch ${canary}`,
    `host;touch ${canary}`,
    `$(touch ${canary})`,
    'two words',
    'a\nb',
    '@host',
    '',
    LONG,
  ];
  for (const address of addresses) {
    const { status, stderr } = await ask(['scan', `--ssh=${address}`]);
    assert.equal(status, 2, stderr.slice(0, 300));
    assert.match(stderr, /is not USER@HOST/);
    assert.ok(stderr.length < 700);
  }
  assert.ok(!existsSync(canary));
});

test('a machine that ssh cannot reach is refused with 5 and the words of ssh', async (t) => {
  const { run: ask, home } = await kintsugi(t);
  const config = join(home, 'ssh-config');
  await writeFile(config, `Host closed\n  HostName 127.0.0.1\n  Port ${await closedPort()}\n`);
  for (const command of [['scan'], ['patch', '--yes']]) {
    const { status, stderr } = await ask([...command, '--ssh', 'root@closed'], { KINTSUGI_SSH_CONFIG: config });
    assert.equal(status, 5);
    assert.match(stderr, /root@closed cannot be reached by ssh: .*Connection refused/);
    assert.match(stderr, /Try the same with ssh itself/);
  }
  const bare = await folder(t);
  for (const name of ['sh', 'dirname']) await symlink(`/usr/bin/${name}`, join(bare, name));
  const { status, stderr } = await ask(['scan', '--ssh', 'root@closed'], { PATH: bare });
  assert.equal(status, 5);
  assert.match(stderr, /ssh cannot be started/);
});

test('a baseline with faults is refused with 2 and the place of each, before any machine is bothered', async (t) => {
  const { run: ask, home } = await kintsugi(t);
  const path = join(home, 'bad.yaml');
  await writeFile(path, 'Name: bad\nOperatingSystem: DEBAIN\nApprovedPatchs: [bash]\nRejectedPatches: 7\n');
  for (const command of [['scan'], ['patch', '--yes'], ['explain', 'bash']]) {
    const { status, stderr } = await ask([...command, '--baseline', path, '--ssh', 'root@192.0.2.1']);
    assert.equal(status, 2);
    for (const place of [
      '2:18: error: OperatingSystem',
      '3:1: error: ApprovedPatchs',
      '4:18: error: RejectedPatches',
    ]) {
      assert.ok(stderr.includes(`${path}:${place}`), `${place} is not in ${stderr}`);
    }
    assert.match(stderr, /did you mean "DEBIAN"|Did you mean "DEBIAN"/);
  }
  const absent = await ask(['scan', '--baseline', join(home, 'absent.yaml')]);
  assert.equal(absent.status, 2);
  const { status, stderr } = await ask(['scan', '--baseline', '']);
  assert.deepEqual([status, /internal error/.test(stderr)], [2, false], stderr);
});

test('options that make no sense are refused with 2', async (t) => {
  const { run: ask } = await kintsugi(t);
  const lines = [
    ['scan', '--root', '/tmp', '--ssh', 'a@b'],
    ['scan', '--offline'],
    ['scan', '--lock-timeout', '-1'],
    ['scan', '--lock-timeout', ''],
    ['scan', '--format', 'xml'],
    ['scan', '--frobnicate'],
    ['patch', '--reboot', 'sometimes'],
    ['patch', '--conffiles', 'ask'],
    ['patch', '--only'],
    ['patch', '--root', '/tmp', '--offline'],
    ['explain'],
    ['frobnicate'],
  ];
  for (const line of lines) {
    const { status, stderr } = await ask(line);
    assert.equal(status, 2, `${line.join(' ')}: ${stderr}`);
    assert.doesNotMatch(stderr, /internal error|at .*\.ts:/);
  }
});

test('a package that is not there is refused with 2, however long or odd its name', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('pending');
  const { run: ask } = await kintsugi(t);
  const at = ['--root', root.path];
  for (const name of ['', 'bas', '$(touch /canary)', '\u001b[31m', '--', LONG]) {
    for (const line of [
      ['explain', ...at, '--', name],
      ['patch', ...at, `--only=${name}`, '--yes'],
    ]) {
      const { status, stdout, stderr } = await ask(line);
      assert.deepEqual([status, stdout], [2, ''], `${JSON.stringify(name.slice(0, 40))}: ${stderr.slice(0, 300)}`);
      assert.ok(stderr.length < 700 && !stderr.includes('\u001b') && !/internal error/.test(stderr));
    }
  }
  assert.match((await ask(['explain', 'opensl', ...at])).stderr, /Did you mean "openssl"\?/);
});

test('a plain user may look and not touch', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('pending');
  const files = await filesOf(root);
  const at = ['--root', ROOT_OF_PLAIN_USER];
  for (const line of [
    ['patch', '--yes', ...at],
    ['scan', '--refresh', ...at],
  ]) {
    const { status, stderr } = await asPlainUser(line, root.path);
    assert.equal(status, 7, stderr);
    assert.match(stderr, /Only root can change the packages in \/mnt\/root/);
  }
  const dry = await asPlainUser(['patch', '--dry-run', ...at], root.path);
  assert.equal(dry.status, 0);
  assert.match(dry.stdout, /^Plan for \/mnt\/root: \d+ packages/);
  assert.deepEqual(difference(files, await filesOf(root)), []);
});

test('a machine without apt is refused with 5', async (t) => {
  if (!(await requireLab(t))) return;
  const { run: ask, home } = await kintsugi(t);
  const masked = 'mount --bind /dev/null /usr/bin/apt-get && exec "$@"';
  const env = { KINTSUGI_HOME: home };
  const here = await run(['unshare', '--mount', 'sh', '-c', masked, 'sh', BIN, 'scan'], { env });
  assert.equal(here.status, 5);
  assert.match(here.stderr, /has no dpkg and apt/);

  await using root = await freshRoot('pending');
  await rm(join(root.path, 'usr/bin/apt-get'));
  const versions = await versionsOf(root);
  for (const command of [['scan'], ['patch', '--yes']]) {
    const { status, stderr } = await ask([...command, '--root', root.path]);
    assert.equal(status, 5);
    assert.match(stderr, /has no dpkg and apt/);
  }
  assert.equal((await ask(['scan', '--root', root.path, '--offline'])).status, 3, "this machine's apt can look at it");
  await writeFile(join(root.path, 'usr/lib/os-release'), 'ID=plan9\nPRETTY_NAME="Plan 9"\n');
  const { status, stderr } = await ask(['scan', '--root', root.path, '--offline']);
  assert.equal(status, 5);
  assert.match(stderr, /its os-release names no operating system that is known here/);
  assert.deepEqual(changed(versions, await versionsOf(root)), []);
});
