import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { type Outcome, run } from '../lab/command.ts';
import { requireLab } from '../lab/require.ts';
import type { BakeOutcome } from '../src/control/images/bake.ts';
import type { ImageManifest } from '../src/images/store/manifest.ts';
import { BIN } from './kintsugi.ts';

/** All bakes of this file share one base: making it is the longest part of a bake. */
let home = '';
const images = () => join(home, 'images');
const file = (name: string) => join(home, name);

before(async () => {
  home = realpathSync(await mkdtemp(join(tmpdir(), 'kintsugi-bake-')));
  await writeFile(file('baseline.yaml'), BASELINE);
  await writeFile(file('check.yaml'), 'Units: [ssh.service]\nPorts: [22]\nCommands: [{ Run: "sshd -t" }]\n');
});
after(async () => {
  await rm(home, { recursive: true, force: true });
});

const BASELINE = `
Name: at-once
OperatingSystem: DEBIAN
ApprovalRules:
  PatchRules:
    - PatchFilterGroup: { PatchFilters: [{ Key: PRODUCT, Values: ["*"] }] }
      ApproveAfterDays: 0
`;

/** `OLD` begins with the point release alone: what security has since mended is pending until its archive is met. */
function bake(family: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const usual = ['--family', family, '--baseline', file('baseline.yaml'), '--include', 'openssh-server', '--json'];
  return run([BIN, 'image', 'bake', ...usual, ...args], {
    timeout: 1_500_000,
    env: { KINTSUGI_HOME: home, ...env },
  });
}

const OLD = ['--security-mirror', 'none'];
const CHECKED = ['--boot', 'nspawn', '--check', 'CHECK'];
const checked = () => CHECKED.map((word) => (word === 'CHECK' ? file('check.yaml') : word));

async function mustBake(family: string, args: readonly string[]): Promise<BakeOutcome> {
  const { status, stdout, stderr } = await bake(family, args);
  assert.equal(status, 0, stdout + stderr);
  return JSON.parse(stdout) as BakeOutcome;
}

async function failedBake(
  family: string,
  args: readonly string[],
  exit: number,
): Promise<{ code: string; message: string }> {
  const { status, stdout, stderr } = await bake(family, args);
  assert.equal(status, exit, stdout + stderr);
  assert.deepEqual(stored(family), []);
  checkNothingLeft(family);
  return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
}

function stored(family: string): string[] {
  const folder = join(images(), family);
  return existsSync(folder) ? readdirSync(folder) : [];
}

function checkNothingLeft(family: string): void {
  assert.ok(!existsSync(join(images(), '.work', family)), 'the work folder is left');
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(images()), 'something is left mounted');
  const inside = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && commandOf(name).includes(`${images()}/.work/${family}/`),
  );
  assert.deepEqual(inside, []);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

async function answer<T>(args: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await run([BIN, 'image', ...args, '--json'], { env: { KINTSUGI_HOME: home } });
  assert.equal(status, 0, stdout + stderr);
  return JSON.parse(stdout) as T;
}

let first: BakeOutcome | undefined;

async function firstBake(t: TestContext): Promise<BakeOutcome | null> {
  if (!(await requireLab(t))) return null;
  first ??= await mustBake('web', [...OLD, ...checked()]);
  return first;
}

test('an image is baked, boots, passes its checks, and is stored with evidence that verifies', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const { manifest, folder, result } = outcome;
  assert.equal(result, 'baked');
  assert.equal(manifest.compliance.status, 'COMPLIANT');
  assert.deepEqual(
    manifest.boot?.checks.map(({ passed }) => passed),
    [true, true, true],
  );
  assert.deepEqual(readdirSync(folder).sort(), [
    ...['boot.json', 'console.log', 'image.raw', 'manifest.json', 'provenance.dsse.json', 'report.json'],
    ...['root.tar.zst', 'sbom.cdx.json'],
  ]);
  const sbom = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8'));
  assert.equal(sbom.components.length, manifest.packages.length);
  assert.ok(!JSON.stringify(sbom).includes(home), 'the folder of the build is in the bill');
  assert.deepEqual((await answer<{ problems: string[] }>(['verify', 'web'])).problems, []);
  assert.deepEqual(
    (await answer<ImageManifest[]>(['list'])).map(({ digest }) => digest),
    [manifest.digest],
  );
  checkNothingLeft('web');
});

test('a bake that would change nothing is skipped', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const second = await mustBake('web', [...OLD, ...checked()]);
  assert.deepEqual([second.result, second.manifest.digest], ['skipped', outcome.manifest.digest]);
  checkNothingLeft('web');
});

test('baked again, and booted as a machine, it has the same bytes and runs its newest kernel', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const again = await mustBake('web', [...OLD, '--boot', 'qemu', '--boot-timeout', '1200']);
  assert.deepEqual([again.result, again.manifest.digest], ['baked', outcome.manifest.digest]);
  assert.deepEqual([again.manifest.boot?.mode, again.manifest.boot?.kernel], ['qemu', again.manifest.kernel]);
});

test('with an update pending it is baked, by the plan, into another image', async (t) => {
  const outcome = await firstBake(t);
  if (outcome === null) return;
  const patched = await mustBake('web', ['--boot', 'none']);
  assert.equal(patched.result, 'baked');
  assert.ok(patched.installed > 0);
  assert.notEqual(patched.manifest.digest, outcome.manifest.digest);
  const from = `web@${outcome.manifest.digest}`;
  const { changes } = await answer<{ changes: { kind: string }[] }>(['diff', from, `web@${patched.manifest.digest}`]);
  assert.ok(changes.some(({ kind }) => kind === 'upgraded'));
});

test('a hook that hangs is ended with all that it started, and nothing is left', async (t) => {
  if ((await firstBake(t)) === null) return;
  await writeFile(file('hang.sh'), 'mount -t tmpfs x /mnt\nsleep 3600 &\ntrap "" TERM\nwhile :; do sleep 1; done\n');
  const error = await failedBake(
    'hang',
    [...OLD, '--boot', 'none', '--hook', file('hang.sh'), '--hook-timeout', '3'],
    8,
  );
  assert.equal(error.code, 'HookFailed');
  assert.match(error.message, /hang\.sh was ended: it ran longer than 3 seconds/);
});

test('a secret that a hook leaves is named by its place, and no image is stored', async (t) => {
  if ((await firstBake(t)) === null) return;
  const pem = `-----BEGIN ${'PRIVATE'} KEY-----`;
  await writeFile(file('secret.sh'), `printf '%s\\nMC4CAQAwBQYDK2VwBCIEIA\\n' '${pem}' >/etc/app.pem\n`);
  const error = await failedBake('secret', [...OLD, '--boot', 'none', '--hook', file('secret.sh')], 9);
  assert.equal(error.code, 'ImageNotClean');
  assert.match(error.message, /\/etc\/app\.pem: a private key/);
  assert.ok(!error.message.includes('MC4C'));
});

test('an image that fails its boot test is never stored, and its console is kept', async (t) => {
  if ((await firstBake(t)) === null) return;
  await writeFile(file('strict.yaml'), 'Commands: [{ Run: "exit 7" }]\n');
  const error = await failedBake('strict', [...OLD, '--boot', 'nspawn', '--check', file('strict.yaml')], 8);
  assert.equal(error.code, 'BootTestFailed');
  assert.match(error.message, /it ended with 7/);
  assert.ok(existsSync(join(images(), '.failed-boots/strict.log')));
});

test('a disk that is full is told, and everything is removed', async (t) => {
  if ((await firstBake(t)) === null) return;
  const work = join(images(), '.work/full');
  await mkdir(work, { recursive: true });
  // The mount is in a namespace of the test's own, and the work folder lies in it.
  const bakeIt = [
    BIN,
    'image',
    'bake',
    '--family',
    'full',
    '--include',
    'openssh-server',
    ...OLD,
    '--boot',
    'none',
    '--json',
  ];
  const script = 'mount --make-rprivate / && mount -t tmpfs -o size=100m x "$1" && shift && exec "$@"';
  const small = ['unshare', '--mount', 'sh', '-c', script, 'sh', join(images(), '.work'), ...bakeIt];
  const { status, stdout } = await run(small, { timeout: 600_000, env: { KINTSUGI_HOME: home } });
  assert.equal(status, 9, stdout);
  assert.equal(JSON.parse(stdout).error.code, 'NoSpace');
  await rm(work, { recursive: true, force: true });
  assert.deepEqual(stored('full'), []);
});

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
