import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KintsugiError } from '../../core/errors.ts';
import { quote } from '../apt/shell.ts';
import { launchScript, runScript } from './shell-process.ts';
import type { ScriptTarget } from './target.ts';

export interface RootOptions {
  /** Look at it from outside, with the tools of this machine. */
  readonly offline: boolean;
  /** Whatever runs inside ends with this process, an installation too: for a root that nobody else has, an image's. */
  readonly tied?: boolean;
  /** false: what runs inside reaches no network. */
  readonly network?: boolean;
}

/** The kernel ends the command when we end, however that is (prctl(2), PR_SET_PDEATHSIG). */
export const TIED: readonly string[] = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'];

/**
 * A root filesystem that is not running. As root its own tools answer, in a chroot with private mount and process
 * namespaces that vanish with it; otherwise, and with `offline`, the tools of this machine look at it from outside.
 */
export function rootTarget(folder: string, options: RootOptions): ScriptTarget {
  const root = checkRoot(folder);
  const asRoot = process.getuid?.() === 0;
  const offline = options.offline || !asRoot;
  const inside = (writable: boolean) => [
    ...(options.tied ? TIED : []),
    '/usr/bin/unshare',
    ...(options.network === false ? ['--net'] : []),
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '/bin/sh',
    '-c',
    enter(writable),
    'kintsugi',
    root,
  ];
  return {
    access: offline ? 'offline' : 'chroot',
    address: root,
    root: offline ? root : null,
    again: `--root ${/^[A-Za-z0-9_./-]+$/.test(folder) ? folder : quote(folder)}${options.offline ? ' --offline' : ''}`,
    read: (script, run) => runScript(offline ? ['/bin/sh', '-s'] : inside(false), script, run),
    change: (script, run) => {
      if (!asRoot) throw new KintsugiError('Permission', `Only root can change the packages in ${root}.`);
      return runScript(inside(true), script, run);
    },
    // Each question has namespaces and mounts of its own, made by twenty processes.
    waitSeconds: 2,
    launch: (path) => launchScript(inside(true), withoutServices(`/bin/sh ${quote(path)} </dev/null`)),
    reboot: null,
  };
}

/** Throws NotARoot unless the folder holds a Debian-like root; `/` is this machine, and running. */
function checkRoot(folder: string): string {
  if (folder === '') throw new KintsugiError('NotARoot', 'The name of the folder is empty.');
  let root: string;
  try {
    root = realpathSync(resolve(folder));
  } catch {
    throw new KintsugiError('NotARoot', `There is no folder ${folder.slice(0, 300)}.`);
  }
  if (root === '/') throw new KintsugiError('NotARoot', '/ is this running machine: leave --root out to look at it.');
  // apt reads this path from a configuration file of ours, where a quote or a backslash would be syntax.
  if (/["\\\n;]/.test(root))
    throw new KintsugiError('NotARoot', `The path ${JSON.stringify(root)} holds a character that apt cannot take.`);
  if (!isKind(root, 'isDirectory')) throw new KintsugiError('NotARoot', `${root} is not a folder.`);
  if (!isKind(join(root, 'etc'), 'isDirectory') || !isKind(join(root, 'var/lib/dpkg/status'), 'isFile')) {
    throw new KintsugiError(
      'NotARoot',
      `${root} is not the root filesystem of a system with dpkg: it has no var/lib/dpkg/status.`,
    );
  }
  return root;
}

function isKind(path: string, kind: 'isDirectory' | 'isFile'): boolean {
  return statSync(path, { throwIfNoEntry: false })?.[kind]() ?? false;
}

/**
 * Makes /proc, /dev and /tmp inside, in a mount namespace of its own: nothing is left behind, even after `kill -9`. To
 * read, the root itself is read-only, and this machine's own /proc is there to tell who holds a lock of the root.
 */
function enter(writable: boolean): string {
  return `
set -e
R=$1
mount --make-rprivate /
mount --rbind "$R" "$R"
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755,size=1m kintsugi-dev "$R/dev"
mkdir "$R/dev/pts" "$R/dev/shm"
cd /dev
cp -a null zero full random urandom tty "$R/dev" 2>/dev/null ||
  for d in null zero full random urandom tty; do rm -f "$R/dev/$d"; : >"$R/dev/$d"; mount --bind "/dev/$d" "$R/dev/$d"; done
ln -s /proc/self/fd "$R/dev/fd"
ln -s pts/ptmx "$R/dev/ptmx"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$R/dev/pts" 2>/dev/null || true
mount -t tmpfs -o mode=1777 kintsugi-tmp "$R/tmp"
if [ -f /etc/resolv.conf ] && [ -f "$R/etc/resolv.conf" ] && [ ! -h "$R/etc/resolv.conf" ]; then mount --bind /etc/resolv.conf "$R/etc/resolv.conf"; fi
${writable ? FOR_CHANGES : FOR_READING}exec chroot "$R" /bin/sh -s
`;
}

const FOR_READING = `mkdir "$R/dev/outer-proc"
mount --bind /proc "$R/dev/outer-proc"
mount -o remount,bind,ro "$R"
`;

const FOR_CHANGES = `mount -t tmpfs -o mode=755 kintsugi-run "$R/run"
mkdir -p "$R/run/lock"
`;

/**
 * A command inside the root during which no service is started there: invoke-rc.d asks policy-rc.d, which is there for
 * the time of the command. Who needs it holds a shared lock on it, so that the last one takes it away, and one that a
 * killed run left behind goes with the next. A policy of the root's own stays as it is.
 */
export function withoutServices(command: string): string {
  return `trap : HUP INT TERM
P=/usr/sbin/policy-rc.d
ours() { grep -qs '^# kintsugi: no services' "$P"; }
while :; do
  if [ ! -e "$P" ] && [ ! -h "$P" ]; then
    printf '#!/bin/sh\n# kintsugi: no services are started while this root is patched\nexit 101\n' >"$P"
    chmod 755 "$P"
  fi
  ours || break
  exec 8<"$P"
  flock -s 8
  [ "$(stat -Lc %i /proc/self/fd/8)" = "$(stat -c %i "$P")" ] && break
done
${command} 8<&-
if ours && flock -n -x 8; then rm -f "$P"; fi
`;
}
