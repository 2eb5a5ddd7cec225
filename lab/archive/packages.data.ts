/** A file of so many zero bytes: large on the disk, small in the package. */
export interface Zeros {
  readonly zeros: number;
}

/** One version of a small package of our own, for the cases that Debian's own updates do not show on every day. */
export interface LabPackage {
  readonly name: string;
  readonly version: string;
  /** The suite of the local archive that offers it. */
  readonly suite: 'bookworm' | 'bookworm-updates' | 'bookworm-security';
  readonly depends?: string;
  readonly conflicts?: string;
  /** Share of the machines, in percent, that are offered this update (Phased-Update-Percentage). */
  readonly phased?: number;
  /** Files by path; those below /etc are conffiles. */
  readonly files?: Readonly<Record<string, string | Zeros>>;
  readonly postinst?: string;
}

const STATE = '/var/lib/kintsugi-lab';

const FAILS = `echo 'kintsugi-lab-fails: this package never configures' >&2
exit 1`;

const FAILS_ONCE = `[ -e ${STATE}/once ] && exit 0
mkdir -p ${STATE} && : >${STATE}/once
echo 'kintsugi-lab-once: the first try fails' >&2
exit 1`;

/**
 * Sleeps between two marks, so that a test knows when it may kill and whether the end was reached. It asks every second
 * how long it is to take, so that a test can end it.
 */
const SLOW = `mkdir -p ${STATE} && : >${STATE}/slow-started
slept=0
while [ "$slept" -lt "\${KINTSUGI_LAB_SLOW:-$(cat /etc/kintsugi-lab/slow-seconds 2>/dev/null || echo 0)}" ]; do
  sleep 1
  slept=$((slept + 1))
done
: >${STATE}/slow-ended`;

const WANTS_REBOOT = `mkdir -p /run && : >/run/reboot-required && echo kintsugi-lab-reboots >>/run/reboot-required.pkgs`;

export const LAB_PACKAGES: readonly LabPackage[] = [
  { name: 'kintsugi-lab-plain', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-plain', version: '2.0', suite: 'bookworm-updates' },
  {
    name: 'kintsugi-lab-conf',
    version: '1.0',
    suite: 'bookworm',
    files: { '/etc/kintsugi-lab/conf.conf': 'colour = red\n', '/etc/kintsugi-lab/quiet.conf': 'same = always\n' },
  },
  {
    name: 'kintsugi-lab-conf',
    version: '2.0',
    suite: 'bookworm-security',
    files: { '/etc/kintsugi-lab/conf.conf': 'colour = gold\n', '/etc/kintsugi-lab/quiet.conf': 'same = always\n' },
  },
  { name: 'kintsugi-lab-grows', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-grows', version: '2.0', suite: 'bookworm-security', depends: 'kintsugi-lab-grown (>= 1.0)' },
  { name: 'kintsugi-lab-grown', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-displaces', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-displaces', version: '2.0', suite: 'bookworm-security', conflicts: 'kintsugi-lab-displaced' },
  { name: 'kintsugi-lab-displaced', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-phased', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-phased', version: '2.0', suite: 'bookworm-updates', phased: 0 },
  { name: 'kintsugi-lab-epoch', version: '9.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-epoch', version: '1:1.0', suite: 'bookworm-security' },
  { name: 'libkintsugi-lab++1.0', version: '1:1.0~beta3-1', suite: 'bookworm' },
  { name: 'libkintsugi-lab++1.0', version: '1:1.0~rc1+b1-2', suite: 'bookworm-security' },
  { name: 'kintsugi-lab-fails', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-fails', version: '2.0', suite: 'bookworm-security', postinst: FAILS },
  { name: 'kintsugi-lab-once', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-once', version: '2.0', suite: 'bookworm-security', postinst: FAILS_ONCE },
  { name: 'kintsugi-lab-slow', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-slow', version: '2.0', suite: 'bookworm-security', postinst: SLOW },
  {
    name: 'linux-image-kintsugi-lab',
    version: '6.1.1',
    suite: 'bookworm',
    depends: 'linux-image-6.1.0-1-kintsugi-lab',
  },
  {
    name: 'linux-image-kintsugi-lab',
    version: '6.1.2',
    suite: 'bookworm-security',
    depends: 'linux-image-6.1.0-2-kintsugi-lab',
  },
  {
    name: 'linux-image-6.1.0-1-kintsugi-lab',
    version: '6.1.1',
    suite: 'bookworm',
    files: { '/boot/vmlinuz-6.1.0-1-kintsugi-lab': { zeros: 500_000 } },
  },
  {
    name: 'linux-image-6.1.0-2-kintsugi-lab',
    version: '6.1.2',
    suite: 'bookworm-security',
    files: { '/boot/vmlinuz-6.1.0-2-kintsugi-lab': { zeros: 4_000_000 } },
  },
  { name: 'kintsugi-lab-reboots', version: '1.0', suite: 'bookworm' },
  { name: 'kintsugi-lab-reboots', version: '2.0', suite: 'bookworm-security', postinst: WANTS_REBOOT },
];
