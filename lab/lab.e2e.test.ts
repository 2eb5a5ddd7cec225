import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { baseRoot, pendingUpdates } from './base.ts';
import { must, run } from './command.ts';
import { requireLab } from './require.ts';
import { sweep } from './residue.ts';
import { freshRoot } from './roots.ts';
import { sshTarget } from './ssh.ts';

/** Runs the text as a module of this folder in a node of its own; answers what it printed, however it ended. */
async function inOtherProcess(text: string, env: Record<string, string> = {}): Promise<string> {
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', text];
  const options = { cwd: import.meta.dirname, env: { ...process.env, ...env } };
  const ended = promisify(execFile)(process.execPath, argv, options);
  return (await ended.catch((error: { stdout: string }) => error)).stdout;
}

test('a root has at least ten real updates pending, all from the archives of Debian', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot();
  const plan = await root.must(['apt-get', '-s', '--with-new-pkgs', 'upgrade']);
  const updates = [...plan.matchAll(/^Inst \S+ \[\S+\] \(\S+ (Debian\S*):/gm)];
  assert.ok(updates.length >= 10, plan);
  assert.ok(updates.some(([, label]) => label === 'Debian-Security'));
  assert.equal(updates.length, (await pendingUpdates(root.path)).length);
});

test('roots are independent of one another and of the cache', async (t) => {
  if (!(await requireLab(t))) return;
  await using one = await freshRoot();
  await using other = await freshRoot();
  await writeFile(join(one.path, 'etc/hostname'), 'changed\n');
  await one.must(['apt-get', '-y', 'install', '--only-upgrade', 'tzdata']);
  const version = ['dpkg-query', '--show', 'tzdata'];
  assert.notEqual(await one.must(version), await other.must(version));
  assert.equal(await readFile(join(other.path, 'etc/hostname'), 'utf8'), 'kintsugi-lab\n');
  assert.equal(await readFile(join(await baseRoot(), 'etc/hostname'), 'utf8'), 'kintsugi-lab\n');
});

test('a root that is disposed of leaves no file, mount or process', async (t) => {
  if (!(await requireLab(t))) return;
  const root = await freshRoot('locked');
  const sleeper = root.run(['sleep', '1000']);
  await root.dispose();
  await root.dispose();
  assert.equal((await sleeper).status, null, 'the process inside was ended');
  assert.ok(!existsSync(join(root.path, '..')));
  assert.ok(!(await readFile('/proc/self/mountinfo', 'utf8')).includes(root.path));
  assert.ok(!existsSync(`/proc/${root.facts.pid}`) || (await isZombie(root.facts.pid)));
});

async function isZombie(pid = ''): Promise<boolean> {
  return / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z '));
}

test('what a killed process left behind is swept away, and what a living one uses is not', async (t) => {
  if (!(await requireLab(t))) return;
  await using living = await freshRoot('full-boot');
  const printed = await inOtherProcess(`
    import { freshRoot } from './roots.ts';
    import { sshTarget } from './ssh.ts';
    const roots = [await freshRoot('locked'), await freshRoot('full-boot'), (await sshTarget()).root];
    console.log(roots.map(({ path }) => path).join(' '));
    process.kill(process.pid, 'SIGKILL');`);
  const left = printed.trim().split(' ');
  assert.equal(left.length, 3, printed);
  await sweep();
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  for (const path of left) {
    assert.ok(!existsSync(path), path);
    assert.ok(!mounts.includes(path), path);
  }
  assert.equal((await living.run(['true'])).status, 0);
});

test('processes that ask at once for a cached root share one making', async (t) => {
  if (!(await requireLab(t, 'root'))) return;
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-lab-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const ask = `
    import { mkdir } from 'node:fs/promises';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { cachedRoot } from './base.ts';
    console.log(await cachedRoot('kind', 'key', async (target) => { await mkdir(target); await sleep(300); }));`;
  const answers = await Promise.all([1, 2, 3].map(() => inOtherProcess(ask, { KINTSUGI_LAB: home })));
  assert.equal(new Set(answers).size, 1, answers.join(''));
  assert.ok(existsSync((answers[0] ?? '').trim()));
  assert.equal((await readdir(join(home, 'roots'))).length, 1);
});

test('a making that fails leaves nothing and the next one can succeed', async (t) => {
  if (!(await requireLab(t, 'root'))) return;
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-lab-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const printed = await inOtherProcess(
    `
    import { mkdir } from 'node:fs/promises';
    import { cachedRoot } from './base.ts';
    const make = (fail) => async (target) => { await mkdir(target); if (fail) throw new Error('no mirror'); };
    await cachedRoot('kind', 'key', make(true)).catch(({ message }) => console.log(message));
    await cachedRoot('kind', 'key', make(false));`,
    { KINTSUGI_LAB: home },
  );
  assert.equal(printed, 'no mirror\n');
  assert.equal((await readdir(join(home, 'roots'))).length, 1);
});

test('clean removes what the lab has made, unmounts it, and touches nothing else', async (t) => {
  if (!(await requireLab(t, 'root'))) return;
  const folder = await mkdtemp(join(tmpdir(), 'kintsugi-lab-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [home, ours, foreign] = ['home', 'ours', 'foreign'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [join(home, 'roots/debian-x'), join(ours, 'etc'), join(ours, 'boot'), join(foreign, 'etc')]) {
    await mkdir(path, { recursive: true });
  }
  await writeFile(join(home, 'made'), `${ours}\n${foreign}\n`);
  await writeFile(join(home, 'notes.txt'), 'mine\n');
  await writeFile(join(ours, 'etc/kintsugi-lab-made'), '');
  await must(['mount', '-t', 'tmpfs', 'kintsugi-lab', join(ours, 'boot')]);
  const clean = "import { cleanAll } from './made.ts'; console.log(await cleanAll());";
  assert.match(await inOtherProcess(clean, { KINTSUGI_LAB: home }), /ours/);
  assert.deepEqual(await readdir(home), ['notes.txt']);
  assert.deepEqual((await readdir(folder)).sort(), ['foreign', 'home']);
});

test('commands over ssh hit the lab root, as each of its users', async (t) => {
  if (!(await requireLab(t))) return;
  await using target = await sshTarget();
  const over = (host: string, command: string) =>
    run(['ssh', '-F', target.config, '-o', 'BatchMode=yes', host, command]);
  await writeFile(join(target.root.path, 'etc/only-here'), 'yes\n');
  assert.deepEqual(await over(target.host, 'id -u; cat /etc/only-here'), { status: 0, stdout: '0\nyes\n', stderr: '' });
  assert.equal((await over(target.as('visitor'), 'id -un')).stdout, 'visitor\n');
  assert.notEqual((await over(target.as('visitor'), 'sudo -n true')).status, 0);
  assert.equal((await over(target.as('mender'), 'sudo -n id -u')).stdout, '0\n');
  assert.equal((await over(target.as('visitor'), 'ls /proc | grep -c "^1$"; ps -p 1 -o comm=')).stdout, '1\nsshd\n');
  assert.match((await over(target.refused, 'true')).stderr, /Connection refused/);
});
