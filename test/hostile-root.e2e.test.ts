import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireLab } from '../lab/require.ts';
import type { LabRoot } from '../lab/root.ts';
import { freshRoot } from '../lab/roots.ts';
import { changeEntry } from './archive-lists.ts';
import { type Kintsugi, kintsugi } from './kintsugi.ts';
import { changed, versionsOf } from './root-state.ts';

const ESC = '\u001b';
/** Where hostile text would leave its trace, on this machine and in the root. */
const CANARY = '/tmp/kintsugi-canary';
const COMMAND = `$(touch ${CANARY})\`touch ${CANARY}\`;touch ${CANARY}`;
/** What a terminal would obey: all of C0 but line breaks, DEL, C1, and marks that turn the direction of the text. */
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const STATUS = 'var/lib/dpkg/status';

/** Every way to look at a root, and to plan: nothing runs, and nothing reaches a terminal that it would obey. */
async function looks(
  { run }: Kintsugi,
  root: LabRoot,
  how: readonly string[] = [],
  formats: readonly string[] = ['table'],
): Promise<ReadonlySet<number | null>> {
  const at = ['--root', root.path, ...how];
  const lines = [
    ...formats.map((format) => ['scan', ...at, '--all', '--format', format]),
    ['patch', ...at, '--dry-run'],
    ['explain', 'openssl', ...at],
  ];
  const statuses = new Set<number | null>();
  // One after the other: seven at once would wait for each other until the patience for apt is over.
  for (const line of lines) {
    const { status, stdout, stderr } = await run(line);
    assert.doesNotMatch(stdout + stderr, OBEYED, line.join(' '));
    assert.doesNotMatch(stdout + stderr, /internal error/);
    statuses.add(status);
  }
  assert.ok(!existsSync(CANARY));
  assert.ok(!existsSync(join(root.path, CANARY)));
  return statuses;
}

/** Adds a package to those that dpkg takes for installed. */
async function install(root: LabRoot, fields: Readonly<Record<string, string>>): Promise<void> {
  const all = {
    Package: 'hostile',
    Status: 'install ok installed',
    Priority: 'optional',
    Section: 'misc',
    'Installed-Size': '1',
    Maintainer: 'Nobody <nobody@example.org>',
    Architecture: 'all',
    Version: '1.0',
    Description: 'hostile',
    ...fields,
  };
  const stanza = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`);
  const path = join(root.path, STATUS);
  await writeFile(path, `${(await readFile(path, 'utf8')).trimEnd()}\n\n${stanza.join('')}`);
}

test('hostile words in the fields of installed packages and of os-release are shown and never obeyed', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('pending');
  const cli = await kintsugi(t);
  await install(root, {
    Section: `misc${ESC}[2J${COMMAND}`,
    Source: `hostile${ESC}[31m`,
    'Installed-Size': COMMAND,
    Description: `${ESC}]0;owned\u0007`,
  });
  const release = join(root.path, 'usr/lib/os-release');
  await appendFile(release, `PRETTY_NAME="Debian ${ESC}[31m ${COMMAND} \u202egnp"\nVERSION_ID="12${ESC}${COMMAND}"\n`);
  for (const how of [[], ['--offline']]) {
    const statuses = await looks(cli, root, how, ['table', 'json', 'sarif', 'cyclonedx', 'junit']);
    assert.deepEqual([...statuses].sort(), [0, 3]);
    const { report } = await cli.scan(['--root', root.path, '--all', ...how]);
    assert.ok(report.patches.some(({ name }) => name === 'hostile'));
    assert.ok(report.target.os.prettyName.includes(ESC), 'the report has it as it is');
  }
});

test('names and versions that dpkg itself refuses make the root UNKNOWN, in words that can be read', async (t) => {
  if (!(await requireLab(t))) return;
  const cli = await kintsugi(t);
  const stanzas = [
    { Package: `x${ESC}[31m;touch ${CANARY}` },
    { Package: 'hostile', Architecture: `all${ESC}[31m${COMMAND}` },
    { Package: 'hostile', Version: `1.0${ESC}[31m${COMMAND}` },
    { Package: 'hostile', Status: `install ok ${COMMAND}` },
    { Package: 'hostile', Source: `hostile (1.0${ESC}[31m${COMMAND})` },
  ];
  for (const fields of stanzas) {
    await using root = await freshRoot('pending');
    await install(root, fields);
    const { status, stdout, stderr } = await cli.run(['scan', '--root', root.path]);
    const what = `${Object.keys(fields).at(-1)}: ${status} ${stdout.slice(0, 300)} ${stderr}`;
    assert.ok(!existsSync(CANARY) && !existsSync(join(root.path, CANARY)), what);
    assert.doesNotMatch(stdout + stderr, OBEYED, what);
    assert.match(stdout, status === 3 ? /^NON_COMPLIANT / : /^UNKNOWN {2}.*dpkg-query/, what);
  }
});

test('an update whose version could be taken for a command is shown, and never installed', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const cli = await kintsugi(t);
  const version = `9:9.9;$(touch\${IFS}kintsugi-canary)${ESC}[31m`;
  await changeEntry(root, 'kintsugi-lab-epoch', (entry) => entry.replace(/^Version: .*/m, `Version: ${version}`));
  const versions = await versionsOf(root);
  await looks(cli, root);
  const { exit, outcome } = await cli.patch([
    '--root',
    root.path,
    '--only',
    'kintsugi-lab-epoch',
    'libkintsugi-lab++1.0',
  ]);
  assert.ok(!existsSync('kintsugi-canary') && !existsSync(join(root.path, 'kintsugi-canary')));
  assert.deepEqual(changed(versions, await versionsOf(root)), ['libkintsugi-lab++1.0 1:1.0~rc1+b1-2']);
  assert.deepEqual(
    outcome.leftOut.map(({ name, reason }) => [name, reason]),
    [['kintsugi-lab-epoch', 'refused']],
  );
  assert.notEqual(exit, 0);
});

test('configuration of a root is not obeyed from outside', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('pending');
  const cli = await kintsugi(t);
  const trap = join(root.path, 'trap');
  await writeFile(trap, `#!/bin/sh\ntouch ${CANARY}\n`, { mode: 0o755 });
  await mkdir(join(root.path, 'etc/apt/apt.conf.d'), { recursive: true });
  const settings = [
    `APT::Update::Pre-Invoke { "touch ${CANARY}"; };`,
    `DPkg::Pre-Invoke { "touch ${CANARY}"; };`,
    `Dir::Bin::dpkg "${trap}";`,
    `Dir::Bin::solvers:: "${root.path}";`,
    'APT::Solver "trap";',
    'APT::Planner "trap";',
    `Dir::Bin::planners:: "${root.path}";`,
    'APT::Architecture "sparc";',
  ];
  const files = ['etc/apt/apt.conf', 'etc/apt/apt.conf.d/99hostile'];
  for (const file of files) await writeFile(join(root.path, file), `${settings.join('\n')}\n`);
  const { exit, report } = await cli.scan(['--root', root.path, '--offline']);
  assert.deepEqual([exit, report.problems], [3, []]);
  await looks(cli, root, ['--offline']);

  // The same settings do run when this machine's apt is told to read them, so the above means something.
  const { run } = await import('../lab/command.ts');
  const config = join(root.path, files[1] ?? '');
  await run(['apt-get', '-s', 'upgrade', '-o', `Dir::State::status=${root.path}/${STATUS}`], {
    env: { APT_CONFIG: config },
  });
  assert.ok(existsSync(CANARY), 'the trap works');
  await rm(CANARY);
});

test('links of a root that lead out of it are not followed for writing', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('odd-names');
  const cli = await kintsugi(t);
  const outside = await mkdtemp(join(tmpdir(), 'kintsugi-outside-'));
  t.after(() => rm(outside, { recursive: true, force: true }));
  for (const name of ['tmp', 'run']) {
    await rm(join(root.path, name), { recursive: true });
    await symlink(outside, join(root.path, name));
  }
  await rm(join(root.path, 'usr/sbin/policy-rc.d'));
  await symlink(join(outside, 'policy'), join(root.path, 'usr/sbin/policy-rc.d'));
  await looks(cli, root, ['--offline']);
  await cli.run(['patch', '--root', root.path, '--only', 'kintsugi-lab-epoch']);
  assert.deepEqual(await readdir(outside), []);
});

test('a record of runs that somebody made up is shown and never obeyed', async (t) => {
  if (!(await requireLab(t))) return;
  await using root = await freshRoot('pending');
  const cli = await kintsugi(t);
  const run = join(
    root.path,
    `var/lib/kintsugi/runs/x${ESC}[31m\n@@0000 done\t1\t$(touch ${CANARY.replaceAll('/', '_')})`,
  );
  await mkdir(run, { recursive: true });
  await writeFile(join(run, 'journal'), `now\t${ESC}[2J${COMMAND}\n`);
  await writeFile(join(root.path, 'var/lib/kintsugi/installed'), `${ESC}\t${COMMAND}\tx\ty\n`);
  for (const how of [[], ['--offline']]) await looks(cli, root, how);
});
