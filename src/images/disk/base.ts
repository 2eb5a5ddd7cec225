import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import { withImageLock } from '../store/lock.ts';
import { CONTAINED } from './contained.ts';
import { fileDigest } from './pack/disk-image.ts';
import type { DiskRecipe } from './recipe.ts';
import { mustRun } from './tool.ts';

/** Raised when what the builder makes changes, so that no image of an older making passes for a new one. */
export const BUILDER = 'kintsugi-disk/1';

/** What boots, on BIOS and UEFI and in the clouds: the kernel for virtual machines, systemd, GRUB, a network by DHCP. */
const BOOTABLE = [
  ...['usr-is-merged', 'apt', 'debian-archive-keyring', 'ca-certificates', 'systemd-sysv', 'dbus', 'udev', 'kmod'],
  ...[
    'initramfs-tools',
    'zstd',
    'e2fsprogs',
    'grub2-common',
    'grub-pc-bin',
    'grub-efi-amd64-bin',
    'iproute2',
    'systemd-resolved',
  ],
];
const KERNEL = 'linux-image-cloud-amd64';

const BOOTSTRAP_TIMEOUT_MS = 1_800_000;
const COPY_TIMEOUT_MS = 600_000;

export interface Base {
  /** For a suite, of all that decides what comes out of the bootstrap; for an image, the image's own. */
  readonly digest: string;
  /** What it was made from, for people: `bookworm from http://…`, `image web@0123…`. */
  readonly from: string;
}

type SuiteBase = Extract<DiskRecipe['base'], { kind: 'suite' }>;

/** All packages that the base begins with; `include` may bring its own kernel. */
export function basePackages(include: readonly string[]): string[] {
  const kernel = include.some((name) => name.startsWith('linux-image-')) ? [] : [KERNEL];
  return [...new Set([...BOOTABLE, ...kernel, ...include])].sort();
}

/**
 * A Debian of the suite's main archive alone, made by mmdebstrap and kept in `bases`: updates come afterwards, as the
 * baseline approves them. Another state of the archive (a point release) makes another base. Its Release file is
 * fetched and verified by apt itself.
 */
export async function suiteBase(
  recipe: DiskRecipe,
  from: SuiteBase,
  bases: string,
  epoch: number,
): Promise<Base & { readonly root: string }> {
  if (process.arch !== 'x64')
    throw new KintsugiError('BakeFailed', `This builder makes amd64 images, and this machine is ${process.arch}.`);
  const { digest, key, packages } = await suiteKey(recipe, from);
  const acquire = await machineAcquire();
  const made = join(bases, digest);
  const base = { digest, from: `${from.suite} from ${from.main}`, root: join(made, 'root') };
  if (existsSync(join(made, 'whole'))) return base;
  // Families share bases: a second bake that needs the same one waits for the first.
  const make = () => makeBase(made, key, (root) => bootstrap(root, from, packages, acquire, epoch));
  if ((await withImageLock(`${made}.lock`, make, BOOTSTRAP_TIMEOUT_MS / 1000)) === null)
    throw new KintsugiError('BakeFailed', `Another bake has been making the base ${from.suite} for too long.`);
  return base;
}

/** The digest of the base that would be made of the suite now, by its Release file as it is in the archive. */
export async function suiteKey(recipe: Pick<DiskRecipe, 'include'>, from: SuiteBase) {
  const packages = basePackages(recipe.include);
  const release = await releaseDigest(from);
  const key = { BUILDER, packages, suite: from.suite, main: from.main, keyring: from.keyring, release };
  return { digest: createHash('sha256').update(JSON.stringify(key)).digest('hex'), key, packages };
}

/** Makes the folder of a base, whole or not at all, unless another process has made it meanwhile. */
async function makeBase(made: string, key: unknown, bootstrapIn: (root: string) => Promise<void>): Promise<void> {
  if (existsSync(join(made, 'whole'))) return;
  await rm(made, { recursive: true, force: true });
  const fresh = `${made}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    await bootstrapIn(join(fresh, 'root'));
    await writeFile(join(fresh, 'whole'), `${JSON.stringify(key)}\n`);
    await rename(fresh, made);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function bootstrap(
  root: string,
  from: SuiteBase,
  packages: readonly string[],
  acquire: readonly string[],
  epoch: number,
): Promise<void> {
  const trust = `[signed-by=${from.keyring}]`;
  const options = ['APT::Install-Recommends "false"', 'Acquire::Languages "none"', ...acquire];
  await mustRun(
    [
      ...CONTAINED,
      ...['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', '--components=main'],
      '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
      `--include=${packages.join(',')}`,
      ...options.map((option) => `--aptopt=${option}`),
      ...[from.suite, root, `deb ${trust} ${from.main} ${from.suite} main`],
    ],
    { timeoutMs: BOOTSTRAP_TIMEOUT_MS, env: { SOURCE_DATE_EPOCH: String(epoch) } },
  );
  await plainResolvConf(root);
  if (!existsSync(join(root, from.keyring)))
    await mustRun(['install', '-D', '-m', '644', from.keyring, join(root, from.keyring)], { timeoutMs: 60_000 });
}

/** systemd-resolved's link leads nowhere until it runs, and apt has to find its archive; sealing makes it again. */
async function plainResolvConf(root: string): Promise<void> {
  const etc = join(root, 'etc');
  // A hook of an earlier image may have made it a link, which leads to this machine's own.
  if (!(await lstat(etc)).isDirectory()) throw new KintsugiError('BakeFailed', 'In the base, /etc is no folder.');
  await rm(join(etc, 'resolv.conf'), { force: true });
  await writeFile(join(etc, 'resolv.conf'), '', { flag: 'wx' });
}

/** Where a copy of the base gets its updates from: they come only now, as the baseline approves them. */
export async function addSources(root: string, from: SuiteBase): Promise<void> {
  const trust = `[signed-by=${from.keyring}]`;
  const sources = [`${from.main} ${from.suite} main`, `${from.main} ${from.suite}-updates main`];
  if (from.security !== null) sources.push(`${from.security} ${from.suite}-security main`);
  // mmdebstrap made this folder, and nothing else has run in it: no link of anybody's leads out of it.
  await writeFile(join(root, 'etc/apt/sources.list'), sources.map((source) => `deb ${trust} ${source}\n`).join(''));
}

/** The SHA-256 of the archive's InRelease file: it changes with every state of the archive. */
async function releaseDigest(from: SuiteBase): Promise<string> {
  const url = `${from.main.replace(/\/+$/, '')}/dists/${from.suite}/InRelease`;
  const folder = (await mustRun(['mktemp', '-d'], { timeoutMs: 10_000 })).trim();
  try {
    const file = join(folder, 'InRelease');
    const helper = ['/usr/lib/apt/apt-helper', '-o', 'Acquire::http::Timeout=30', 'download-file', url, file];
    // It becomes another user, and with that the kernel forgets that it was to end with us: the shell does not.
    await mustRun([...CONTAINED, '/bin/sh', '-c', '"$@"; exit "$?"', 'sh', ...helper], { timeoutMs: 120_000 });
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How this machine's apt reaches its mirror (proxies, time-outs, date checks); it does not stay in the image. */
async function machineAcquire(): Promise<string[]> {
  const lines = (await mustRun(['apt-config', 'dump'], { timeoutMs: 30_000 })).split('\n');
  return lines.filter((line) => /^Acquire::(?:https?|Retries|Check-)\S* "[^"]+";$/.test(line));
}

/** A copy of a base to work in: owners, links, capabilities and holes as they are; shared blocks where the disk can. */
export async function copyRoot(from: string, to: string): Promise<void> {
  await mustRun(['cp', '-a', '--reflink=auto', '--sparse=auto', from, to], { timeoutMs: COPY_TIMEOUT_MS });
}

/**
 * The root of an earlier image, from its archive, whose SHA-256 is the one that its image names.
 * Throws ImageDamaged, and BakeFailed for an archive that is none.
 */
export async function unpackRoot(archive: string, sha256: string | undefined, to: string): Promise<void> {
  const found = await fileDigest(archive).catch(() => null);
  if (found === null || found !== sha256)
    throw new KintsugiError('ImageDamaged', `${archive} is ${found === null ? 'missing' : 'not what was stored'}.`);
  await mkdir(to, { recursive: true });
  await mustRun(
    [
      'tar',
      '--extract',
      '--zstd',
      '--file',
      archive,
      '--directory',
      to,
      '--numeric-owner',
      '--same-owner',
      '--same-permissions',
      '--xattrs',
      '--xattrs-include=*',
    ],
    { timeoutMs: COPY_TIMEOUT_MS },
  );
  await plainResolvConf(to);
}
