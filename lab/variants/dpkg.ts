import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { debOf } from '../archive/build.ts';
import { endProcessesIn } from '../residue.ts';
import type { LabRoot } from '../root.ts';
import type { Variant } from '../variant.ts';
import { SLOW_MARKS, setSlowness } from './updates.ts';

export const HALF_CONFIGURED: Variant = {
  about: 'a postinst failed and left its package half-configured; the next try succeeds',
  from: 'archive',
  apply: async (root) => {
    const { status } = await root.run(['dpkg', '--install', debOf('kintsugi-lab-once', '2.0')]);
    if (status === 0) throw new Error('lab: the postinst of kintsugi-lab-once should have failed');
    return { package: 'kintsugi-lab-once' };
  },
};

export const UNPACKED: Variant = {
  about: 'a package was unpacked and never configured',
  from: 'archive',
  apply: async (root) => {
    await root.must(['dpkg', '--unpack', debOf('kintsugi-lab-plain', '2.0')]);
    return { package: 'kintsugi-lab-plain' };
  },
};

export const INTERRUPTED: Variant = {
  about: 'dpkg was killed in the middle of a postinst: its journal in /var/lib/dpkg/updates is not empty',
  from: 'archive',
  apply: async (root) => {
    await setSlowness(root, 600);
    const dpkg = root.run(['dpkg', '--install', debOf('kintsugi-lab-slow', '2.0')]);
    const started = join(root.path, SLOW_MARKS.started);
    for (let turn = 0; !existsSync(started) && turn < 1500; turn++) await sleep(20);
    await endProcessesIn(root.path);
    await dpkg;
    await setSlowness(root, 0);
    return { package: 'kintsugi-lab-slow', journal: '/var/lib/dpkg/updates' };
  },
};

export const HELD: Variant = {
  about: 'a package with a pending security update is on hold (apt-mark hold tzdata)',
  from: 'debian',
  apply: async (root) => {
    await root.must(['apt-mark', 'hold', 'tzdata']);
    return { package: 'tzdata' };
  },
};

export const CONFFILE: Variant = {
  about: 'a conffile was changed by hand and the update ships another one: dpkg would ask (kintsugi-lab-conf)',
  from: 'archive',
  apply: async (root) => {
    const conffile = '/etc/kintsugi-lab/conf.conf';
    await root.must(['dpkg', '--install', debOf('kintsugi-lab-conf', '1.0')]);
    await writeFile(join(root.path, conffile), 'colour = blue\n');
    return { package: 'kintsugi-lab-conf', conffile };
  },
};

/** struct flock of 64-bit Linux, as dpkg takes it (fcntl(2)); held until standard input ends. */
const HOLDER = `
use Fcntl;
sysopen(my $lock, $ARGV[0], O_RDWR | O_CREAT, 0640) or die "$!";
my $whole = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0);
fcntl($lock, F_SETLK, $whole) or die "$!";
$| = 1;
print "held\\n";
<STDIN>;
`;

export const LOCKED: Variant = {
  about: 'a running process holds the lock of dpkg, as another apt would',
  from: 'debian',
  lives: true,
  apply: async (root) => {
    const pid = await holdLock(root, '/var/lib/dpkg/lock-frontend');
    return { pid: String(pid), lock: '/var/lib/dpkg/lock-frontend' };
  },
};

async function holdLock(root: LabRoot, lock: string): Promise<number> {
  const argv = ['--pdeathsig', 'KILL', 'chroot', root.path, 'perl', '-e', HOLDER, lock];
  const holder = spawn('setpriv', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const held = once(holder.stdout, 'data').then(() => true);
  const isHeld = await Promise.race([held, once(holder, 'close').then(() => false)]);
  if (!isHeld || holder.pid === undefined) throw new Error(`lab: could not hold ${lock}`);
  holder.unref();
  holder.stdout.destroy();
  return holder.pid;
}
