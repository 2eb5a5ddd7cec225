import type { InstalledPackage, PackageVersion, RebootReason, RebootState } from '../../core/compliance/inventory.ts';
import { VERSION_SCHEMES } from '../../core/versions/schemes.ts';

const { compare } = VERSION_SCHEMES.dpkg;

/** What the probe read about the running system; empty strings where it could not. */
export interface RunningSystem {
  readonly kernel: string;
  /** `/proc/version`, which names the package version of a Debian or Ubuntu kernel. */
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

/** Debian: `linux-image-6.1.0-44-amd64`, Ubuntu: `linux-image-5.15.0-91-generic`. The flavour is what follows the ABI. */
function flavour(name: string): string | null {
  return /^linux-image-(?:unsigned-)?\d[\d.]*-\d+-([a-z0-9][a-z0-9-]*)$/.exec(name)?.[1] ?? null;
}

function pendingKernel(system: RunningSystem, packages: readonly KernelPackage[]): RebootReason | null {
  if (system.container) return null;
  const running = packages.find(
    ({ name }) => name === `linux-image-${system.kernel}` || name === `linux-image-unsigned-${system.kernel}`,
  );
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

/** `… #1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1 (2026-03-09)`: the version that was booted, also when its package was upgraded in place. */
function bootedVersion(build: string): string | null {
  return / Debian (\d[A-Za-z0-9.+~:-]*) \(/.exec(build)?.[1] ?? null;
}

export function sinceBoot(record: string, bootId: string): PackageVersion[] {
  const installed: PackageVersion[] = [];
  for (const line of record.split('\n')) {
    const [boot, name, architecture, version] = line.split('\t');
    if (boot && boot === bootId && name && architecture && version) installed.push({ name, architecture, version });
  }
  return installed;
}
