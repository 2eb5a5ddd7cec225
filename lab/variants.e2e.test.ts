import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { debOf } from './archive/build.ts';
import { pendingUpdates } from './base.ts';
import { requireLab } from './require.ts';
import type { LabRoot } from './root.ts';
import { freshRoot } from './roots.ts';
import { VARIANTS, type VariantName } from './variants.ts';

const UPGRADE = ['apt-get', '-y', '--with-new-pkgs', 'upgrade'];
const REFRESH = ['apt-get', 'update', '-o', 'APT::Update::Error-Mode=any', '-o', 'Acquire::Retries=0'];

async function plan(root: LabRoot, ...options: string[]): Promise<string> {
  return root.must(['apt-get', '-s', ...options, 'upgrade']);
}

/** The state that dpkg has a package in, and its version. */
async function status(root: LabRoot, name: string): Promise<string> {
  const text = await root.must(['dpkg', '--status', name]);
  return [/^Status: install ok (.*)$/m, /^Version: (.*)$/m].map((field) => text.match(field)?.[1]).join(' ');
}

async function lists(root: LabRoot): Promise<string[]> {
  const names = await readdir(join(root.path, 'var/lib/apt/lists'));
  return names.filter((name) => name.endsWith('_Packages'));
}

/** What makes a root of each variant what its name says, asked of dpkg and apt themselves. */
const PROOFS: Readonly<Record<VariantName, (root: LabRoot) => Promise<void>>> = {
  pending: async (root) => {
    assert.ok((await pendingUpdates(root.path)).length >= 10);
    assert.equal(await root.must(['dpkg', '--audit']), '');
  },
  plain: async (root) => {
    assert.match(
      await plan(root),
      /^Inst kintsugi-lab-plain \[1\.0\] \(2\.0 Kintsugi-Lab:oldstable-updates \[all\]\)$/m,
    );
  },
  'new-dependency': async (root) => {
    assert.doesNotMatch(await plan(root), /^Inst kintsugi-lab-grows/m);
    assert.match(
      await plan(root, '--with-new-pkgs'),
      /^Inst kintsugi-lab-grown \(1\.0 .*\nInst kintsugi-lab-grows \[1\.0\]/m,
    );
  },
  'kept-back': async (root) => {
    assert.match(await plan(root, '--with-new-pkgs'), /kept back:\n {2}kintsugi-lab-displaces\n/);
    assert.match(await root.must(['apt-get', '-s', 'dist-upgrade']), /^Remv kintsugi-lab-displaced /m);
  },
  phased: async (root) => {
    assert.match(await plan(root, '--with-new-pkgs'), /kept back:\n {2}kintsugi-lab-phased\n/);
    assert.match(await root.must(['apt-cache', 'policy', 'kintsugi-lab-phased']), /2\.0 500 \(phased 0%\)/);
  },
  held: async (root) => {
    assert.equal(await root.must(['apt-mark', 'showhold']), 'tzdata\n');
    assert.match(await plan(root, '--with-new-pkgs'), /kept back:\n {2}tzdata\n/);
  },
  conffile: async (root) => {
    const asked = await root.run(['dpkg', '--install', debOf('kintsugi-lab-conf', '2.0')]);
    assert.match(asked.stderr, /end of file on stdin at conffile prompt/);
    assert.equal(await readFile(join(root.path, root.facts.conffile ?? ''), 'utf8'), 'colour = blue\n');
  },
  'odd-names': async (root) => {
    const text = await plan(root);
    assert.match(text, /^Inst libkintsugi-lab\+\+1\.0 \[1:1\.0~beta3-1\] \(1:1\.0~rc1\+b1-2 Kintsugi-Lab-Security:/m);
    assert.match(text, /^Inst kintsugi-lab-epoch \[9\.0\] \(1:1\.0 /m);
  },
  reboot: async (root) => {
    assert.ok(!existsSync(join(root.path, 'run/reboot-required')));
    await root.must(['apt-get', '-y', 'install', 'kintsugi-lab-reboots']);
    assert.equal(await readFile(join(root.path, 'run/reboot-required.pkgs'), 'utf8'), 'kintsugi-lab-reboots\n');
  },
  'failing-postinst': async (root) => {
    for (const attempt of ['first', 'second']) {
      assert.equal((await root.run(['apt-get', '-y', 'install', 'kintsugi-lab-fails'])).status, 100, attempt);
      assert.equal(await status(root, 'kintsugi-lab-fails'), 'half-configured 2.0', attempt);
    }
  },
  'slow-postinst': async (root) => {
    const env = { KINTSUGI_LAB_SLOW: '0' };
    await root.must(['apt-get', '-y', 'install', 'kintsugi-lab-slow'], { env });
    for (const mark of ['started', 'ended'])
      assert.ok(existsSync(join(root.path, root.facts[mark] ?? 'missing')), mark);
  },
  'half-configured': async (root) => {
    assert.equal(await status(root, 'kintsugi-lab-once'), 'half-configured 2.0');
    await root.must(['dpkg', '--configure', '-a']);
    assert.equal(await status(root, 'kintsugi-lab-once'), 'installed 2.0');
  },
  unpacked: async (root) => {
    assert.equal(await status(root, 'kintsugi-lab-plain'), 'unpacked 2.0');
    await root.must(['dpkg', '--configure', '-a']);
    assert.equal(await status(root, 'kintsugi-lab-plain'), 'installed 2.0');
  },
  interrupted: async (root) => {
    const journal = await readdir(join(root.path, 'var/lib/dpkg/updates'));
    assert.ok(
      journal.some((name) => /^\d+$/.test(name)),
      journal.join(' '),
    );
    const refused = await root.run(UPGRADE);
    assert.match(refused.stderr, /dpkg was interrupted, you must manually run 'dpkg --configure -a'/);
    await root.must(['dpkg', '--configure', '-a']);
    assert.equal(await status(root, 'kintsugi-lab-slow'), 'installed 2.0');
  },
  locked: async (root) => {
    const refused = await root.run(UPGRADE);
    assert.equal(refused.status, 100);
    assert.match(
      refused.stderr,
      new RegExp(`Could not get lock ${root.facts.lock}. It is held by process ${root.facts.pid}`),
    );
  },
  'full-boot': async (root) => {
    assert.match(await root.must(['df', '--output=avail,target', '/boot']), /^ *0 \/boot$/m);
    assert.match(await plan(root, '--with-new-pkgs'), /^Inst linux-image-6\.1\.0-2-kintsugi-lab \(6\.1\.2 /m);
    const full = await root.run(['apt-get', '-y', 'install', 'linux-image-kintsugi-lab']);
    assert.match(
      full.stdout + full.stderr,
      /\/boot\/vmlinuz-6\.1\.0-2-kintsugi-lab\.dpkg-new.*No space left on device/,
    );
  },
  'no-lists': async (root) => {
    assert.deepEqual(await lists(root), []);
    assert.deepEqual(await pendingUpdates(root.path), []);
    await root.must(REFRESH);
    assert.ok((await pendingUpdates(root.path)).length >= 10);
  },
  'missing-security-lists': async (root) => {
    const names = await lists(root);
    assert.equal(names.filter((name) => name.includes('_bookworm_main_')).length, 1);
    assert.deepEqual(
      names.filter((name) => name.includes('security')),
      [],
    );
    assert.doesNotMatch(await plan(root), /Debian-Security/);
  },
  'mirror-down': async (root) => {
    assert.deepEqual(await lists(root), []);
    const refused = await root.run(REFRESH);
    assert.equal(refused.status, 100);
    assert.match(refused.stderr, /Connection refused|Could not connect/);
  },
  'mirror-down-stale': async (root) => {
    assert.ok((await pendingUpdates(root.path)).length >= 10);
    const { mtimeMs } = await stat(join(root.path, 'var/lib/apt/lists'));
    assert.ok(Date.now() - mtimeMs > 9 * 24 * 3_600_000);
    assert.equal((await root.run(REFRESH)).status, 100);
  },
};

for (const [name, variant] of Object.entries(VARIANTS)) {
  test(`${name}: ${variant.about}`, async (t) => {
    if (!(await requireLab(t))) return;
    await using root = await freshRoot(name as VariantName);
    await PROOFS[name as VariantName](root);
  });
}
