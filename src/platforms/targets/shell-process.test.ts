import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchScript, runScript } from './shell-process.ts';

const SH = ['/bin/sh', '-s'];
const run = (script: string, timeoutMs = 30_000) => runScript(SH, script, { timeoutMs });

test('a script answers with its output, its errors and its exit code', async () => {
  const outcome = await run('printf out; printf err >&2; exit 3\n');
  assert.deepEqual(outcome, { code: 3, signal: null, stdout: 'out', stderr: 'err', timedOut: false, tooLong: false });
});

test('a script of any size arrives whole, and is no part of a command line', async () => {
  const script = `printf '%s' '${'x'.repeat(3_000_000)}' | wc -c; tr '\\0' ' ' </proc/$$/cmdline\n`;
  const { stdout } = await run(script);
  assert.match(stdout, /^3000000\n\/bin\/sh -s $/);
});

test('a process that ends without reading its script is no failure of ours', async () => {
  const { code } = await runScript(['/bin/false'], 'x'.repeat(1_000_000), { timeoutMs: 30_000 });
  assert.equal(code, 1);
});

test('a program that is not there is told', async () => {
  await assert.rejects(runScript(['/nonexistent/ssh'], '', { timeoutMs: 30_000 }), { code: 'ENOENT' });
  await assert.rejects(launchScript(['/nonexistent/ssh'], ''), { code: 'ENOENT' });
});

test('at the time limit a script is ended, whatever it has started goes on with the pipes', async () => {
  const outcome = await run('echo begun; sleep 60; echo ended\n', 300);
  assert.deepEqual([outcome.timedOut, outcome.stdout, outcome.signal], [true, 'begun\n', 'SIGTERM']);
});

test('at the time limit nobody waits for what a script left behind in the background', async () => {
  const outcome = await run('sleep 60 & echo begun\n', 500);
  assert.deepEqual([outcome.timedOut, outcome.code, outcome.stdout], [true, 0, 'begun\n']);
});

test('a script that does not mind being told to end is ended', async () => {
  const outcome = await run("trap '' TERM; echo begun; while :; do sleep 1; done\n", 300);
  assert.deepEqual([outcome.timedOut, outcome.stdout, outcome.signal], [true, 'begun\n', 'SIGKILL']);
});

test('a machine that says more than any has to say is cut off', async () => {
  const outcome = await run('yes "$(head -c 4000 /dev/zero | tr "\\0" x)"\n');
  assert.deepEqual([outcome.tooLong, outcome.timedOut], [true, false]);
  assert.ok(outcome.stdout.length > 60_000_000 && outcome.stdout.length <= 64 * 1024 * 1024);
});

test('what it says for progress comes piece by piece, and is kept only in part', async () => {
  let seen = 0;
  const outcome = await runScript(SH, 'head -c 1000000 /dev/zero | tr "\\0" x >&2\n', {
    timeoutMs: 30_000,
    onStderr: (text) => {
      seen += text.length;
    },
  });
  assert.equal(seen, 1_000_000);
  assert.ok(outcome.stderr.length < 200_000);
});

test("the operator's environment reaches a script, less what would change the answer of the tools", async (t) => {
  const names = ['APT_CONFIG', 'DPKG_ROOT', 'DPKG_FORCE', 'TAR_OPTIONS', 'BLOCK_SIZE', 'KINTSUGI_TEST_OWN'];
  const before = { ...process.env };
  t.after(() => {
    for (const name of [...names, 'LC_ALL']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  for (const name of names) process.env[name] = 'set';
  process.env.LC_ALL = 'de_DE.UTF-8';
  const { stdout } = await run(`printf '%s|' ${names.map((name) => `"\${${name}-unset}"`).join(' ')} "$LC_ALL"\n`);
  assert.equal(stdout, 'unset|unset|unset|unset|unset|set|C.UTF-8|');
});

test('a script that is launched goes on by itself, in a session of its own', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-launch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'told');
  await launchScript(
    SH,
    `ps -o sid= -p $$ >'${file}.new' 2>/dev/null || cut -d ' ' -f 6 /proc/$$/stat >'${file}.new'\nmv '${file}.new' '${file}'\n`,
  );
  while (!existsSync(file)) await sleep(10);
  const own = readFileSync('/proc/self/stat', 'utf8').split(' ')[5];
  assert.notEqual(readFileSync(file, 'utf8').trim(), own);
});
