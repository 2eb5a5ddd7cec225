import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { upgradeVerb } from './commands.ts';
import { parseActions } from './plan.ts';
import { composeProbe, parseProbe } from './probe.ts';
import { splitSections } from './sections.ts';
import { parseUpgradeUris } from './upgrade.ts';

const FOLDER = new URL('./scripts/', import.meta.url);
const scripts = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(new URL(name, FOLDER), 'utf8') }));

/** null: the command is not on this machine. */
function ask(
  command: string,
  args: readonly string[],
  input = '',
): { status: number | null; stdout: string; stderr: string } | null {
  const run = spawnSync(command, args, { input, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  return run.error === undefined ? run : null;
}

const SHELLS = [
  ['dash', '-n'],
  ['bash', '--posix', '-n'],
  ['sh', '-n'],
] as const;
for (const { name, text } of scripts) {
  for (const [shell, ...options] of SHELLS) {
    test(`${name} is what ${shell} takes for a script`, (t) => {
      const run = ask(shell, options, text);
      if (run === null) return t.skip(`needs ${shell}`);
      assert.deepEqual([run.status, run.stderr], [0, '']);
    });
  }
}

/** The words of every call of apt-get, up to where its command ends. */
function callsOfApt(text: string): string[][] {
  const code = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replaceAll('\\\n', ' ');
  return [...code.matchAll(/\bapt-get ([^<>|;&\n]*)/g)].map(([, words = '']) => words.trim().split(/\s+/));
}

test('the verb and what it may do come from one place: no script names them itself', () => {
  const own =
    /^(?:upgrade|dist-upgrade|full-upgrade|safe-upgrade|--(?:no-)?(?:auto-?)?remove|--only-upgrade|--with-new-pkgs|--no-upgrade)$/;
  const calls = scripts.flatMap(({ name, text }) => callsOfApt(text).map((words) => ({ name, words })));
  assert.ok(calls.length > 5, `only ${calls.length} calls were found`);
  for (const { name, words } of calls) {
    assert.ok(!words.some((word) => own.test(word)), `${name}: ${words.join(' ')}`);
    if (words.includes('install')) assert.ok(words.includes('$OPTIONS'), `${name}: ${words.join(' ')}`);
  }
  assert.ok(calls.filter(({ words }) => words.includes('$VERB')).length >= 2);
});

const apt = ask('apt-get', ['--version']) === null ? 'needs apt' : false;
const NONCE = 'ab'.repeat(16);
const context = { access: 'local', address: 'here', nonce: NONCE, now: new Date() } as const;

/** What apt-get with the verb itself says that it would do. */
function rehearsed(full: boolean): { installs: string[]; removals: number; unread: string[] } | null {
  const run = ask('apt-get', ['-s', ...upgradeVerb(full)]);
  if (run?.status !== 0) return null;
  const lines = run.stdout.split('\n').filter((line) => /^(?:Inst|Remv|Purg) /.test(line));
  const { actions, unread } = parseActions(lines.join('\n'));
  const installs = actions.flatMap(({ name, architecture, to }) =>
    to === null ? [] : [`${name}:${architecture}=${to}`],
  );
  return { installs: installs.sort(), removals: actions.length - installs.length, unread };
}

for (const full of [false, true]) {
  test(`asked as the probe asks, apt names exactly what ${upgradeVerb(full).join(' ')} would do`, {
    skip: apt,
  }, (t) => {
    const expected = rehearsed(full);
    if (expected === null) return t.skip('apt can simulate nothing on this machine');
    const output = ask('/bin/sh', ['-s'], composeProbe({ nonce: NONCE, root: null, full }))?.stdout ?? '';
    const { archives, unread } = parseUpgradeUris(splitSections(output, NONCE).get('upgrade')?.text ?? '');
    const found = {
      installs: archives.map((one) => `${one.name}:${one.architecture}=${one.version}`).sort(),
      removals: parseProbe(output, context).removals.length,
      unread,
    };
    if (!isDeepStrictEqual(found, expected) && !isDeepStrictEqual(rehearsed(full), expected)) {
      return t.skip('the packages of this machine changed meanwhile');
    }
    assert.deepEqual(found, { ...expected, unread: [] });
  });
}

/** Runs a probe with its temporary folder in a folder of ours, which nothing may be left in. */
function probeIn(t: TestContext, script: string, options: { uid?: number; gid?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-probe-'));
  t.after(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o1777);
  const env = { ...process.env, TMPDIR: folder };
  const run = spawnSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8', env, cwd: '/', ...options });
  assert.deepEqual(readdirSync(folder), []);
  return run;
}

test('a plain user gets the same inventory, and nothing is left behind', { skip: apt }, (t) => {
  const script = composeProbe({ nonce: NONCE, root: null, full: false });
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const [plain, own] = [nobody, {}].map((options) => {
    const { status, stdout, stderr } = probeIn(t, script, options);
    assert.deepEqual([status, stderr], [0, '']);
    const { packages, updates, evidence } = parseProbe(stdout, context);
    return { packages, updates, exitCodes: evidence.exitCodes };
  });
  assert.ok((plain?.packages.length ?? 0) > 50);
  assert.deepEqual(plain, own);
});

test('a probe that is ended in the middle takes its temporary folder along', { skip: apt }, (t) => {
  const script = composeProbe({ nonce: NONCE, root: null, full: false });
  const ended = script.replace('\n  offline_setup\n', () => '\n  [ -d "$T" ] && kill -TERM $$\n  offline_setup\n');
  assert.notEqual(ended, script);
  assert.equal(probeIn(t, ended).status, 143);
});

test('without a temporary folder the probe says so', { skip: apt }, () => {
  const input = composeProbe({ nonce: NONCE, root: null, full: false });
  const run = spawnSync('/bin/sh', ['-s'], {
    input,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: '/nonexistent' },
  });
  assert.throws(() => parseProbe(run.stdout, context), { code: 'ProbeFailed', message: /temporary folder/ });
});
