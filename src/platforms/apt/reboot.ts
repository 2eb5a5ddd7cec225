import type { InstalledPackage, PackageVersion, RebootReason, RebootState } from '../../core/compliance/inventory.ts';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';

const { compare } = VERSION_SCHEMES.dpkg;

/** What the probe read about the running system; empty strings where it could not. */
export interface RunningSystem {
  readonly kernel: string;
  /** `/proc/version`, which names the package version of a kernel of Debian and Raspbian. */
  readonly kernelBuild: string;
  /** Seconds since 1970; null when unknown. */
  readonly bootedAt: number | null;
  readonly libcInstalledAt: number | null;
  readonly libcDeleted: boolean;
  /** In a container the kernel and the moment of boot are somebody else's. */
  readonly container: boolean;
  readonly rebootFile: boolean;
  readonly rebootPackages: readonly string[];
}

type KernelPackage = Pick<InstalledPackage, 'name' | 'architecture' | 'version'>;

/**
 * The union of the signals that a machine must be rebooted, each with its reason. Restarting services is not among
 * them. A kernel counts only against others of its own flavour, and only by package version: never by guessing at
 * names.
 */
export function rebootState(system: RunningSystem, packages: readonly KernelPackage[]): RebootState {
  const reasons: RebootReason[] = [];
  const kernel = pendingKernel(system, packages);
  if (kernel !== null) reasons.push(kernel);
  if (system.rebootFile) {
    const named = system.rebootPackages.length > 0 ? ` for ${system.rebootPackages.join(', ')}` : '';
    reasons.push({
      signal: 'reboot-required-file',
      detail: `/run/reboot-required asks for it${named}.`,
      packages: system.rebootPackages,
    });
  }
  const { bootedAt, libcInstalledAt } = system;
  const libcSinceBoot = bootedAt !== null && libcInstalledAt !== null && libcInstalledAt > bootedAt;
  if (system.libcDeleted || (libcSinceBoot && !system.container)) {
    reasons.push({
      signal: 'libc',
      detail: 'The C library was replaced after the machine started.',
      packages: ['libc6'],
    });
  }
  return { required: reasons.length > 0, reasons };
}

/*
 * linux-image-6.1.0-44-amd64                Debian: version, ABI, flavour
 * linux-image-6.1.0-44-cloud-amd64-unsigned a flavour of two words, before it was signed
 * linux-image-6.12.41+deb13-amd64           Debian 13 and backports: no ABI
 * linux-image-6.5.0-0.deb12.4-amd64         older backports
 * linux-image-unsigned-5.15.0-91-generic    Ubuntu
 * linux-image-6.1.0-rpi7-rpi-v8             Raspberry Pi
 */
const KERNEL =
  /^linux-image-(?:unsigned-)?\d[\d.]*(?:\+[a-z0-9.]+|-\d+(?:\.[a-z0-9.]+)?|-rc\d+|-rpi\d+)-([a-z0-9][a-z0-9-]*?)(?:-unsigned)?$/;

/** What follows version and ABI: kernels are exchanged only for others of their flavour. Null: no kernel, or its debug symbols. */
function flavour(name: string): string | null {
  const found = KERNEL.exec(name)?.[1] ?? null;
  return found === null || /(^|-)dbg(sym)?$/.test(found) ? null : found;
}

function pendingKernel(system: RunningSystem, packages: readonly KernelPackage[]): RebootReason | null {
  if (system.container) return null;
  const image = `linux-image-${system.kernel}`;
  const names = [image, `linux-image-unsigned-${system.kernel}`, `${image}-unsigned`];
  const running = packages.find(({ name }) => names.includes(name));
  if (running === undefined) return null;
  const wanted = flavour(running.name);
  if (wanted === null) return null;
  const newest = packages
    .filter(({ name }) => flavour(name) === wanted)
    .reduce((best, one) => (compare(one.version, best.version) > 0 ? one : best), running);
  const booted = bootedVersion(system.kernelBuild) ?? running.version;
  if (newest.name === running.name && compare(newest.version, booted) <= 0) return null;
  return {
    signal: 'kernel',
    detail: `Kernel ${system.kernel} (${booted}) runs; ${newest.name} ${newest.version} is installed.`,
    packages: [newest.name],
  };
}

/**
 * `… #1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1 (2026-03-09)`: the version that was booted, also when its package was upgraded
 * in place. Ubuntu gives every upload an ABI of its own, and so a package of its own.
 */
function bootedVersion(build: string): string | null {
  return / Debian (\d[A-Za-z0-9.+~:-]*) \(/.exec(build)?.[1] ?? null;
}

/** What stands in the record of installs with the id of this boot. */
export function sinceBoot(record: string, bootId: string): PackageVersion[] {
  const installed: PackageVersion[] = [];
  for (const line of record.split('\n')) {
    // A line that was cut off has no run at its end.
    const [boot, name, architecture, version, , run] = line.split('\t');
    if (boot && boot === bootId && name && architecture && version && run) {
      installed.push({ name, architecture, version });
    }
  }
  return installed;
}
