import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mirror, machineMirror } from '../src/platforms/apt/mirror.ts';
import { must } from './command.ts';
import { withLock } from './lock.ts';
import { clearAway, labHome, ownedName, sweep } from './residue.ts';

/** Raised when the making of roots changes, so that no cache of an older making is used. */
const MAKING = 2;

/** Small packages that security updates touch often, so that a root at its point release has updates pending. */
const SUBJECTS = ['openssl', 'xz-utils', 'curl', 'jq', 'unzip', 'tzdata'];
const PACKAGES = ['usr-is-merged', 'apt', 'openssh-server', 'sudo', ...SUBJECTS];

/** People on every lab root besides root: one without any rights, one who may do all by `sudo -n`. */
const PLAIN_USER = 'visitor';
const SUDO_USER = 'mender';

const LEAST_UPDATES = 10;
const HOUR_MS = 3_600_000;
const FRESH_MS = 24 * HOUR_MS;
const FORGOTTEN_MS = 72 * HOUR_MS;

let base: Promise<string> | undefined;

/**
 * The folder of a Debian bookworm that was installed from main alone, at its point release, and has met
 * bookworm-security and bookworm-updates only since: its updates are really pending. Built once and shared: never
 * write in it, take a copy with `freshRoot`. Its package lists are at most a day old. Needs root and a mirror.
 */
export function baseRoot(): Promise<string> {
  base ??= cachedRoot('debian', baseKey(), makeBase);
  return base;
}

function baseKey(): unknown[] {
  return [MAKING, PACKAGES, machineMirror(), process.arch];
}

/**
 * A cached root of its kind: the newest one with the same key that is younger than a day, else one that `make`
 * makes, given the older one if there is any. Processes that ask at once wait for one of them.
 */
export async function cachedRoot(
  kind: string,
  key: unknown,
  make: (target: string, older: string | undefined) => Promise<void>,
): Promise<string> {
  await sweep();
  const folder = join(labHome(), 'roots');
  const prefix = `${kind}-${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 12)}-`;
  return withLock(join(labHome(), `${kind}.lock`), async () => {
    const older = (await readdir(folder))
      .filter((name) => name.startsWith(prefix))
      .sort()
      .at(-1);
    if (older !== undefined && Date.now() - Number(older.slice(prefix.length)) < FRESH_MS) return join(folder, older);
    const target = join(folder, `.${ownedName()}`);
    const made = join(folder, `${prefix}${Date.now()}`);
    try {
      await make(target, older && join(folder, older));
      await rename(target, made);
    } catch (error) {
      await clearAway(target);
      throw error;
    }
    await forget(folder);
    return made;
  });
}

/** Removes cached roots that nobody can use any more: living roots are hours old at most. */
async function forget(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const made = Number(name.match(/-(\d{13})$/)?.[1] ?? Number.NaN);
    if (Date.now() - made > FORGOTTEN_MS) await clearAway(join(folder, name));
  }
}

async function makeBase(target: string, older: string | undefined): Promise<void> {
  const mirror = machineMirror();
  if (mirror === undefined) throw new Error('lab: apt on this machine has no Debian mirror with main and security');
  if (older === undefined) await bootstrap(target, mirror);
  else await must(['cp', '-a', '--reflink=auto', older, target]);
  await must(['chroot', target, 'apt-get', 'update', '-o', 'APT::Update::Error-Mode=any']);
  const pending = await pendingUpdates(target);
  if (pending.length < LEAST_UPDATES) {
    throw new Error(`lab: only ${pending.length} updates are pending in ${target}: ${pending.join(' ')}`);
  }
}

async function bootstrap(target: string, mirror: Mirror): Promise<void> {
  const trust = `[signed-by=${mirror.keyring}]`;
  const options = ['APT::Install-Recommends "false"', 'Acquire::Languages "none"', ...(await machineAcquire())];
  const secure = [mirror.main, mirror.security].some((uri) => uri.startsWith('https:')) ? ['ca-certificates'] : [];
  await must([
    ...['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', '--components=main'],
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    `--include=${[...PACKAGES, ...secure].join(',')}`,
    ...options.map((option) => `--aptopt=${option}`),
    ...['bookworm', target, `deb ${trust} ${mirror.main} bookworm main`],
  ]);
  const sources = [`${mirror.security} bookworm-security main`, `${mirror.main} bookworm-updates main`];
  await appendFile(join(target, 'etc/apt/sources.list'), sources.map((source) => `deb ${trust} ${source}\n`).join(''));
  if (!existsSync(join(target, mirror.keyring))) {
    await must(['install', '-D', '-m', '644', mirror.keyring, join(target, mirror.keyring)]);
  }
  await writeFile(join(target, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  await writeFile(join(target, 'etc/hostname'), 'kintsugi-lab\n');
  // No service may start in a chroot: a started daemon would hold the root after its test.
  await writeFile(join(target, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await mkdir(join(target, 'run/sshd'), { recursive: true, mode: 0o755 });
  for (const user of [PLAIN_USER, SUDO_USER]) {
    await must(['chroot', target, 'useradd', '--create-home', '--shell', '/bin/bash', '--password', '*', user]);
  }
  await writeFile(join(target, 'etc/sudoers.d/mender'), `${SUDO_USER} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
}

/** How this machine's apt reaches its mirror (proxies, time-outs, date checks), as apt.conf lines. */
async function machineAcquire(): Promise<string[]> {
  const lines = (await must(['apt-config', 'dump'])).split('\n');
  return lines.filter((line) => /^Acquire::(?:https?|Retries|Check-)\S* "[^"]+";$/.test(line));
}

/** Names of the packages that `apt-get upgrade` with new packages would install in a root. */
export async function pendingUpdates(root: string): Promise<string[]> {
  const plan = await must(['chroot', root, 'apt-get', '-s', '--with-new-pkgs', 'upgrade']);
  return [...plan.matchAll(/^Inst (\S+) \[/gm)].map((match) => match[1] ?? '');
}
