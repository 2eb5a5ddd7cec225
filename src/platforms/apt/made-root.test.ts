import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exactPackage, installOptions, isSafePackage } from './commands.ts';
import { composePlan, parsePlan } from './plan.ts';
import { composeProbe, parseProbe } from './probe.ts';

/* Real apt and dpkg over small roots that a hostile archive, or an odd machine, could have made. */

const apt = spawnSync('apt-get', ['--version']).status === 0 ? false : 'needs apt';
const NONCE = 'ab'.repeat(16);

type Fields = Readonly<Record<string, string>>;

const control = (list: readonly Fields[]) =>
  list
    .map(
      (fields) =>
        `${Object.entries(fields)
          .map(([key, value]) => `${key}: ${value}\n`)
          .join('')}\n`,
    )
    .join('');

const here = (Package: string, Version: string, more: Fields = {}): Fields => ({
  Package,
  Status: 'install ok installed',
  Architecture: 'amd64',
  Version,
  Maintainer: 'x',
  Description: 'x',
  ...more,
});
/** Each in a file of its own: apt names a file that two share only once. */
const offered = (Package: string, Version: string, more: Fields = {}): Fields => ({
  Package,
  Version,
  Architecture: 'amd64',
  Maintainer: 'x',
  Filename: `./${Buffer.from(Package).toString('hex')}-${more.Architecture ?? 'amd64'}.deb`,
  Size: '5',
  SHA256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  Description: 'x',
  ...more,
});

/** A root filesystem with these packages, an archive that offers others, and more files. */
function root(t: TestContext, installed: readonly Fields[], archive: readonly Fields[], files: Fields = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-made-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const all: Fields = {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    'etc/apt/sources.list': 'deb [trusted=yes] file:/srv/archive ./\n',
    'var/lib/dpkg/status': control([here('dpkg', '1.21.22'), ...installed]),
    'var/lib/apt/lists/_srv_archive_._Packages': control(archive),
    ...files,
  };
  for (const folders of [
    'var/lib/dpkg/updates',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'etc/apt/preferences.d',
  ]) {
    mkdirSync(join(folder, folders), { recursive: true });
  }
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

function ask(script: string): string {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout;
}

function probe(folder: string, full = false) {
  const output = ask(composeProbe({ nonce: NONCE, root: folder, full }));
  return parseProbe(output, { access: 'offline', address: folder, nonce: NONCE, now: new Date() });
}

const words = ({ updates }: ReturnType<typeof probe>) =>
  updates.map(
    (one) => `${one.name}:${one.architecture} ${one.installedVersion}→${one.version} ${one.blocked?.reason ?? '-'}`,
  );

test('versions with characters that apt escapes come back as they are', { skip: apt }, (t) => {
  const odd = ['1:1.0%41_b', '2.0+', '2.0~rc1+b2', '2.0%'];
  const folder = root(
    t,
    odd.map((_, index) => here(`p${index}x`, '0.1')),
    odd.map((version, index) => offered(`p${index}x`, version)),
  );
  assert.deepEqual(
    words(probe(folder)),
    odd.map((version, index) => `p${index}x:amd64 0.1→${version} -`),
  );
});

test('a name that looks like an option is a name, and never reaches a command', { skip: apt }, (t) => {
  const mark = join(tmpdir(), `kintsugi-mark-${process.pid}`);
  const hostile = [
    '-oDebug::NoLocking=1',
    `-oAPT::Update::Pre-Invoke::=touch ${mark}`,
    '--version',
    'a;id',
    '$(id)',
    '-c/etc/x',
  ];
  const folder = root(
    t,
    [here('curl', '1'), here('bash', '1')],
    [
      offered('curl', '2', { Depends: hostile.slice(2, 3).join(', ') }),
      offered('bash', '2'),
      ...hostile.map((name) => offered(name, '9')),
    ],
  );
  const inventory = probe(folder);
  assert.equal(existsSync(mark), false);
  assert.deepEqual(words(inventory), ['bash:amd64 1→2 -', 'curl:amd64 1→2 -', '--version:amd64 null→9 -']);
  for (const update of inventory.updates) {
    if (!isSafePackage(update)) assert.throws(() => exactPackage(update));
  }
});

test('what a description says is no field of its package', { skip: apt }, (t) => {
  const Description = 'x\ty\n Priority: required\n .\n\tSection: admin';
  const folder = root(
    t,
    [here('curl', '1', { Section: 'web' })],
    [offered('curl', '2', { Description, Priority: 'optional' })],
  );
  const inventory = probe(folder);
  assert.deepEqual([inventory.updates[0]?.priority, inventory.updates[0]?.section], ['optional', 'web']);
  assert.deepEqual(
    inventory.evidence.problems.filter(({ code }) => code === 'inventory-failed'),
    [],
  );
});

test('a package that changes between all and the native architecture has one update', { skip: apt }, (t) => {
  const folder = root(
    t,
    [here('toall', '1'), here('tonative', '1', { Architecture: 'all' })],
    [offered('toall', '2', { Architecture: 'all' }), offered('tonative', '2')],
  );
  assert.deepEqual(words(probe(folder)), ['toall:all 1→2 -', 'tonative:amd64 1→2 -']);
});

const both = { 'var/lib/dpkg/arch': 'amd64\ni386\n' };
const same = { 'Multi-Arch': 'same' };

test('both architectures of a package have their own update, and both can be planned', { skip: apt }, (t) => {
  const installed = [here('libx1', '1', same), here('libx1', '1', { ...same, Architecture: 'i386' })];
  const archive = [offered('libx1', '2', same), offered('libx1', '2', { ...same, Architecture: 'i386' })];
  const folder = root(t, installed, archive, both);
  assert.deepEqual(words(probe(folder)), ['libx1:amd64 1→2 -', 'libx1:i386 1→2 -']);
  const lagging = root(t, installed, archive.slice(0, 1), both);
  assert.deepEqual(words(probe(lagging)), ['libx1:amd64 1→2 kept-back']);
  const { updates } = probe(folder);
  const request = { nonce: NONCE, root: folder, full: false, wanted: updates, each: false };
  const answer = parsePlan(ask(composePlan(request)), NONCE);
  assert.deepEqual(
    answer?.all.actions?.map(({ name, architecture, from, to }) => `${name}:${architecture} ${from}→${to}`).sort(),
    ['libx1:amd64 1→2', 'libx1:i386 1→2'],
  );
  assert.ok(answer.space.some(({ mount }) => mount === '/'));
});

test('held, kept back and pinned packages say why they stay', { skip: apt }, (t) => {
  const folder = root(
    t,
    [
      here('held', '1', { Status: 'hold ok installed' }),
      here('needs', '1'),
      here('pinned', '2'),
      here('forbidden', '1'),
      here('local', '1'),
    ],
    [
      offered('held', '2'),
      offered('needs', '2', { Depends: 'nothing-has-this' }),
      offered('pinned', '1'),
      offered('forbidden', '2'),
    ],
    {
      'etc/apt/preferences':
        'Package: pinned\nPin: version 1\nPin-Priority: 1001\n\nPackage: forbidden\nPin: version 2\nPin-Priority: -1\n',
    },
  );
  assert.deepEqual(words(probe(folder)), ['held:amd64 1→2 held', 'needs:amd64 1→2 kept-back']);
});

test('a pin on the whole archive leaves its updates their origin', { skip: apt }, (t) => {
  const folder = root(t, [here('curl', '1')], [offered('curl', '2')], {
    'etc/apt/preferences': 'Package: *\nPin: origin ""\nPin-Priority: 1001\n',
  });
  assert.deepEqual(
    probe(folder).updates[0]?.origins.map(({ site, trusted }) => [site, trusted]),
    [['file:/srv/archive', true]],
  );
});

test('what the verb would remove is told, and nothing is where it may not remove', { skip: apt }, (t) => {
  const folder = root(t, [here('new', '1'), here('old', '1')], [offered('new', '2', { Conflicts: 'old' })]);
  assert.deepEqual([words(probe(folder)), probe(folder).removals], [['new:amd64 1→2 kept-back'], []]);
  assert.deepEqual([words(probe(folder, true)), probe(folder, true).removals], [['new:amd64 1→2 -'], ['old']]);
  const plan = (full: boolean) => {
    const wanted = [{ name: 'new', architecture: 'amd64', version: '2' }];
    return parsePlan(ask(composePlan({ nonce: NONCE, root: folder, full, wanted, each: true })), NONCE);
  };
  assert.equal(plan(false)?.all.actions, null);
  assert.match(plan(false)?.each.get('new:amd64=2')?.message ?? '', /remove/);
  assert.deepEqual(
    plan(true)
      ?.all.actions?.filter(({ to }) => to === null)
      .map(({ name }) => name),
    ['old'],
  );
});

test('what is not fully installed is told, and so is what cannot be resolved', { skip: apt }, (t) => {
  const folder = root(
    t,
    [here('broken', '1', { Status: 'install ok half-configured', Depends: 'nothing-has-this' })],
    [],
  );
  const { packages, evidence } = probe(folder);
  assert.equal(packages.find(({ name }) => name === 'broken')?.status, 'half-configured');
  assert.deepEqual(
    evidence.problems
      .map(({ code }) => code)
      .filter((code) => code !== 'lists-stale')
      .sort(),
    ['dependencies-broken', 'dpkg-interrupted'],
  );
});

test('a root without lists, or with none of one architecture that it has, is unknown', { skip: apt }, (t) => {
  const codes = (folder: string) =>
    probe(folder)
      .evidence.problems.filter(({ unknown }) => unknown)
      .map(({ code }) => code);
  const without = root(t, [here('curl', '1')], []);
  rmSync(join(without, 'var/lib/apt/lists/_srv_archive_._Packages'));
  assert.deepEqual(codes(without), ['lists-missing']);
  const none = root(t, [here('curl', '1')], [], { 'etc/apt/sources.list': '' });
  assert.deepEqual(codes(none), ['lists-missing']);
});

test('a look from outside writes nothing into the root, not even the cache of apt', { skip: apt }, (t) => {
  const folder = root(t, [here('curl', '1')], [offered('curl', '2')], {
    'var/cache/apt/pkgcache.bin': 'what a stranger left here',
  });
  const before = readdirSync(folder, { recursive: true }).sort();
  assert.deepEqual(words(probe(folder)), ['curl:amd64 1→2 -']);
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), before);
});

test('a machine that is set to clean up by itself still lets updates be planned', { skip: apt }, (t) => {
  const folder = root(t, [here('curl', '1'), here('idle', '1')], [offered('curl', '2')], {
    'var/lib/apt/extended_states': 'Package: idle\nArchitecture: amd64\nAuto-Installed: 1\n',
  });
  const config = join(folder, 'apt.conf');
  writeFileSync(
    config,
    `Dir "${folder}/";\nDir::State::status "${folder}/var/lib/dpkg/status";\nDir::Etc::main "/dev/null";\nDir::Etc::parts "/dev/null";\nAPT::Architecture "amd64";\nAPT::Get::AutomaticRemove "true";\n`,
  );
  const ask = (options: readonly string[]) => {
    const args = ['-q', '-s', ...options, 'install', 'curl:amd64=2'];
    const { status, stdout } = spawnSync('apt-get', args, {
      encoding: 'utf8',
      env: { ...process.env, APT_CONFIG: config },
    });
    return { status, changes: stdout.split('\n').filter((line) => /^(?:Inst|Remv|Purg) /.test(line)) };
  };
  assert.notEqual(ask(['--only-upgrade', '--no-remove']).status, 0);
  for (const full of [false, true]) {
    const { status, changes } = ask(installOptions(full));
    assert.deepEqual([status, changes.length, changes[0]?.startsWith('Inst curl [1] (2')], [0, 1, true]);
  }
});
