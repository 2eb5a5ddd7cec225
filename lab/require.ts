import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { machineMirror } from '../src/platforms/apt/mirror.ts';
import { run } from './command.ts';

/**
 * What a test of the lab cannot do without. A mirror needs root as well: only root makes roots. Disk images need the
 * programs that make and boot them too.
 */
export type LabNeed = 'root' | 'mirror' | 'image' | 'machine';

/** Programs, by the Debian package that brings each. */
const IMAGE_PROGRAMS = {
  '/usr/bin/systemd-nspawn': 'systemd-container',
  '/usr/bin/mcopy': 'mtools',
  '/usr/sbin/mkfs.vfat': 'dosfstools',
  '/usr/sbin/sfdisk': 'fdisk',
  '/usr/bin/qemu-img': 'qemu-utils',
};
const MACHINE_PROGRAMS = {
  '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
  '/usr/share/OVMF/OVMF_CODE_4M.fd': 'ovmf',
};

let obstacles: Promise<Record<LabNeed, string | undefined>> | undefined;

/**
 * Whether this machine can run a test that needs the lab: `if (!(await requireLab(t))) return;`.
 * Where it cannot, the test is skipped with one line that says why; with `CI=true` it fails instead, so that a green
 * run there has really tested everything.
 */
export async function requireLab(t: Pick<TestContext, 'skip'>, need: LabNeed = 'mirror'): Promise<boolean> {
  const obstacle = await obstacleOf(need);
  if (obstacle === undefined) return true;
  if (process.env.CI === 'true') throw new Error(`CI=true, and this test cannot run here: ${obstacle}`);
  t.skip(obstacle);
  return false;
}

async function obstacleOf(need: LabNeed): Promise<string | undefined> {
  obstacles ??= findObstacles();
  return (await obstacles)[need];
}

async function findObstacles(): Promise<Record<LabNeed, string | undefined>> {
  const root = await findRootObstacle();
  const mirror = root ?? (await findMirrorObstacle());
  const image = mirror ?? (process.arch === 'x64' ? findMissing(IMAGE_PROGRAMS) : 'needs a machine of amd64');
  return { root, mirror, image, machine: image ?? findMissing(MACHINE_PROGRAMS) };
}

function findMissing(programs: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.entries(programs).flatMap(([path, name]) => (existsSync(path) ? [] : [name]));
  return missing.length === 0 ? undefined : `needs the Debian packages ${missing.join(' ')}`;
}

async function findRootObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const mounts = await run(['unshare', '--mount', 'true']);
  return mounts.status === 0 ? undefined : 'needs root that may mount, and this container may not';
}

async function findMirrorObstacle(): Promise<string | undefined> {
  const installed = await run(['mmdebstrap', '--version']).catch(() => undefined);
  if (installed?.status !== 0) return 'needs the Debian package mmdebstrap';
  const mirror = machineMirror();
  if (mirror === undefined) return 'needs a Debian mirror with main and security in the apt sources';
  const folder = await mkdtemp(join(tmpdir(), 'kintsugi-lab-'));
  try {
    const release = [`${mirror.main}/dists/bookworm/InRelease`, join(folder, 'InRelease')];
    const argv = ['/usr/lib/apt/apt-helper', 'download-file', ...release, '-o', 'Acquire::http::Timeout=10'];
    const { status } = await run(argv, { timeout: 30_000 });
    return status === 0 ? undefined : `needs the Debian mirror ${mirror.main}, which does not answer`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
