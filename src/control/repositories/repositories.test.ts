import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runScript } from '../../platforms/targets/shell-process.ts';
import { Repositories } from './repositories.ts';

const skip = ['apt-get', 'gpg', 'gpgv'].some((tool) => spawnSync(tool, ['--version']).status !== 0)
  ? 'apt-get, gpg or gpgv is not there'
  : false;

const folder = mkdtempSync(join(tmpdir(), 'kt-repositories-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const NOW = new Date();

function must(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, GNUPGHOME: folder },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** An archive in a folder, as a mirror serves it. */
function publish(
  suite: string,
  versions: Readonly<Record<string, string>>,
  more = '',
  key = 'archive@example.org',
): void {
  const dist = join(folder, 'archive/dists', suite);
  mkdirSync(join(dist, 'main/binary-amd64'), { recursive: true });
  const text = Object.entries(versions)
    .map(([name, version]) => `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nSource: src-${name}\n`)
    .join('\n');
  writeFileSync(join(dist, 'main/binary-amd64/Packages'), text);
  const hash = createHash('sha256').update(text).digest('hex');
  const head = `Origin: Debian\nSuite: ${suite}\nCodename: ${suite}\nDate: ${NOW.toUTCString()}\nArchitectures: amd64\nComponents: main\n${more}`;
  writeFileSync(
    join(dist, 'Release'),
    `${head}SHA256:\n ${hash} ${Buffer.byteLength(text)} main/binary-amd64/Packages\n`,
  );
  must('gpg', ['--batch', '--yes', '-u', key, '--clearsign', '-o', join(dist, 'InRelease'), join(dist, 'Release')]);
}

function repositories(home: string): Repositories {
  return new Repositories({
    home,
    run: (script, options) => runScript(['/bin/sh', '-s'], script, options),
    architecturesOf: async () => ['amd64'],
    random: () => 0.5,
    onError: (error) => assert.fail(String(error)),
  });
}

const BOOKWORM = { product: 'Debian12', codename: 'bookworm', architecture: 'amd64' };
const curl = { name: 'curl', architecture: 'amd64', version: '7.88.1-10' };

describe('configured repositories', { skip }, () => {
  const home = join(folder, 'home');
  const sources = join(home, 'repositories/Debian12');
  const suites = ['bookworm', 'bookworm-security', 'bookworm-backports', 'trixie'];
  mkdirSync(join(sources, 'keyrings'), { recursive: true });
  if (skip === false) {
    for (const name of ['archive', 'other'])
      must('gpg', [
        '--batch',
        '--passphrase',
        '',
        '--quick-generate-key',
        `${name}@example.org`,
        'rsa2048',
        'sign',
        'never',
      ]);
    must('gpg', ['--batch', '--yes', '-o', join(sources, 'keyrings/archive.gpg'), '--export', 'archive@example.org']);
    publish('bookworm', { curl: '7.88.1-10', bash: '5.2' });
    publish('bookworm-security', { curl: '7.88.1-10+deb12u9' });
    publish('bookworm-backports', { curl: '8.99' }, 'NotAutomatic: yes\n');
    publish('trixie', { curl: '8.14' });
  }
  const list = (more = '', method = 'copy') =>
    `Types: deb\nURIs: ${method}:${folder}/archive\nSuites: ${suites.join(' ')}\nComponents: main\n${more}`;

  it('tell the newest version of a release that was verified, and of no other release', async () => {
    writeFileSync(join(sources, 'debian.sources'), list());
    const kept = repositories(home);
    await kept.refresh();
    const [state] = kept.states();
    assert.equal(state?.failure, null);
    assert.deepEqual(state?.problems, []);
    assert.ok(state?.refreshedAt instanceof Date);
    const answer = kept.newest(BOOKWORM, curl, NOW);
    assert.equal(answer?.complete, true);
    assert.equal(answer?.newest?.version, '7.88.1-10+deb12u9');
    assert.equal(kept.newest({ ...BOOKWORM, codename: 'trixie' }, curl, NOW)?.newest?.version, '8.14');
    assert.equal(kept.newest(BOOKWORM, { ...curl, name: 'bash', version: '5.2' }, NOW)?.newest, null);
  });

  it('say nothing of machines that nobody configured repositories for', async () => {
    const kept = repositories(home);
    await kept.reload();
    assert.equal(kept.newest({ ...BOOKWORM, product: 'Debian13' }, curl, NOW), null);
    assert.equal(kept.newest({ ...BOOKWORM, architecture: 'arm64' }, curl, NOW), null);
    assert.equal(kept.newest({ ...BOOKWORM, codename: 'buster' }, curl, NOW), null);
  });

  it('are there after a restart, and stale when nothing was fetched for two days', async () => {
    const kept = repositories(home);
    await kept.reload();
    assert.equal(kept.newest(BOOKWORM, curl, NOW)?.complete, true);
    assert.equal(kept.newest(BOOKWORM, curl, new Date(NOW.getTime() + 3 * 86_400_000))?.complete, false);
  });

  it('keep what they have when a refresh fails, and say why', async () => {
    publish('bookworm-security', { curl: '9.9-evil' }, '', 'other@example.org');
    const kept = repositories(home);
    await kept.refresh();
    assert.match(kept.states()[0]?.failure ?? '', /bookworm-security|NO_PUBKEY|not signed/);
    assert.equal(kept.newest(BOOKWORM, curl, NOW)?.newest?.version, '7.88.1-10+deb12u9');
    publish('bookworm-security', { curl: '7.88.1-10+deb12u10' });
    await kept.refresh();
    assert.equal(kept.newest(BOOKWORM, curl, NOW)?.newest?.version, '7.88.1-10+deb12u10');
  });

  it('take nothing from an archive that no trusted key has signed, though its source calls it trusted', async () => {
    const other = join(home, 'repositories/Debian11');
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'debian.sources'), list('Trusted: yes\n'));
    const kept = repositories(home);
    await kept.refresh();
    assert.equal(kept.newest({ ...BOOKWORM, product: 'Debian11' }, curl, NOW), null);
    const state = kept.states().find(({ product }) => product === 'Debian11');
    assert.match(state?.problems.join() ?? '', /signed by no trusted key/);
    rmSync(other, { recursive: true });
  });

  it('take nothing from links into an archive, which may have changed since it was verified', async () => {
    const linked = join(home, 'repositories/Debian10');
    mkdirSync(join(linked, 'keyrings'), { recursive: true });
    must('cp', [join(sources, 'keyrings/archive.gpg'), join(linked, 'keyrings')]);
    writeFileSync(join(linked, 'debian.sources'), list('', 'file'));
    const kept = repositories(home);
    await kept.refresh();
    assert.equal(kept.newest({ ...BOOKWORM, product: 'Debian10' }, curl, NOW), null);
    const state = kept.states().find(({ product }) => product === 'Debian10');
    assert.match(state?.problems.join() ?? '', /write copy: for file:/);
    rmSync(linked, { recursive: true });
  });

  it('leave the apt of this machine alone, and write nothing beside their own folder', async () => {
    assert.deepEqual(readdirSync(home).sort(), ['repositories', 'repository-lists']);
    assert.deepEqual(readdirSync(sources).sort(), ['debian.sources', 'keyrings']);
  });

  it('say so where a folder names no repository', async () => {
    mkdirSync(join(home, 'repositories/Ubuntu24.04'));
    const kept = repositories(home);
    await kept.refresh();
    assert.match(kept.states().find(({ product }) => product === 'Ubuntu24.04')?.failure ?? '', /names no repository/);
  });
});
