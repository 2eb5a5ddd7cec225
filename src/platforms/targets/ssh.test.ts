import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sshTarget } from './ssh.ts';

/** Puts a program named `ssh` in front of the real one, for as long as the test. Its arguments are noted a line each. */
function ssh(t: TestContext, script: string): { args: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-ssh-'));
  const [path, config] = [process.env.PATH, process.env.KINTSUGI_SSH_CONFIG];
  writeFileSync(
    join(folder, 'ssh'),
    `#!/bin/sh\nprintf '%s\\n' "$@" >'${folder}/args'\nfor remote; do :; done\n${script}\n`,
  );
  chmodSync(join(folder, 'ssh'), 0o755);
  process.env.PATH = `${folder}${delimiter}${path}`;
  t.after(() => {
    process.env.PATH = path;
    if (config === undefined) delete process.env.KINTSUGI_SSH_CONFIG;
    else process.env.KINTSUGI_SSH_CONFIG = config;
    rmSync(folder, { recursive: true });
  });
  return { args: () => readFileSync(join(folder, 'args'), 'utf8').trimEnd().split('\n') };
}

const HERE = 'exec sh -c "$remote"';
const short = { timeoutMs: 30_000 };

test('a script reaches a shell on the other side by its standard input', async (t) => {
  const { args } = ssh(t, HERE);
  const outcome = await sshTarget('root@web1').read('echo "$(( 6 * 7 ))"; exit 4\n', short);
  assert.deepEqual([outcome.stdout, outcome.code], ['42\n', 4]);
  assert.deepEqual(args().slice(-3), ['--', 'root@web1', '/bin/sh -s']);
  assert.ok(args().includes('BatchMode=yes') && args().includes('-T'));
});

test('another configuration of ssh is named by the environment', async (t) => {
  const { args } = ssh(t, HERE);
  process.env.KINTSUGI_SSH_CONFIG = '/etc/other';
  await sshTarget('web1').read('', short);
  assert.deepEqual(args().slice(0, 2), ['-F', '/etc/other']);
});

for (const address of [
  '-oProxyCommand=id',
  '--',
  '',
  ' ',
  'root@',
  '@web1',
  'root@-x',
  'web1 id',
  'web1;id',
  'a@b@c',
  '$(id)',
  'web1\n',
  `x${'y'.repeat(300)}`,
]) {
  test(`${JSON.stringify(address).slice(0, 40)} is no address`, () => {
    assert.throws(() => sshTarget(address), { code: 'Usage' });
  });
}

for (const address of [
  'web1',
  'root@web1.example',
  'admin_2@10.0.0.1',
  'root@[2001:db8::1]',
  'fe80::1%eth0',
  'web-1_2',
]) {
  test(`${address} is an address`, () => assert.equal(sshTarget(address).again, `--ssh ${address}`));
}

test('a machine that ssh does not reach is told in the words of ssh', async (t) => {
  ssh(t, "echo 'warning' >&2; echo 'ssh: connect to host web1 port 22: Connection refused' >&2; exit 255");
  await assert.rejects(sshTarget('web1').read('', short), {
    code: 'SshRefused',
    message: 'web1 cannot be reached by ssh: ssh: connect to host web1 port 22: Connection refused.',
  });
});

test('a machine without ssh says so', async (t) => {
  ssh(t, '');
  process.env.PATH = '/nonexistent';
  await assert.rejects(sshTarget('web1').read('', short), { code: 'SshRefused', message: /ssh cannot be started/ });
});

test('who may not become root there is told what to allow', async (t) => {
  ssh(t, "echo 'sudo: a password is required' >&2; exit 1");
  await assert.rejects(sshTarget('admin@web1').change('id\n', short), {
    code: 'Permission',
    advice: 'Connect as root, or allow `sudo -n` for this user there.',
  });
});

test('a run is started so that the end of the connection does not end it', async (t) => {
  const { args } = ssh(t, 'cat >"$0.script"; exit 0');
  await sshTarget('web1').launch("/var/lib/it's/run.sh");
  assert.match(args().at(-1) ?? '', /sudo -n \/bin\/sh -s/);
});

test('a machine that cannot be told to restart is an error', async (t) => {
  ssh(t, "echo 'shutdown: not found' >&2; exit 127");
  const target = sshTarget('web1');
  await assert.rejects(async () => target.reboot?.('soon'), {
    code: 'RebootFailed',
    message: 'web1 could not be told to restart: shutdown: not found.',
  });
  ssh(t, 'exit 0');
  await target.reboot?.('soon');
});
