import type { OperatingSystem } from '../baselines/types.ts';

/** What one target has and could have, gathered by one probe. Data only: it survives a JSON round trip. */
export interface Inventory {
  readonly target: Target;
  readonly packages: readonly InstalledPackage[];
  readonly updates: readonly AvailableUpdate[];
  /** Packages that the upgrade verb would remove: empty with the default verb, which never removes. */
  readonly removals: readonly string[];
  /** Installed by Kintsugi since the target's last boot, from its record on the target. */
  readonly installedSinceBoot: readonly PackageVersion[];
  readonly reboot: RebootState;
  readonly evidence: Evidence;
}

export interface Target {
  /** How it was reached. `offline`: a root filesystem looked at with the tools of this machine. */
  readonly access: 'local' | 'chroot' | 'offline' | 'ssh' | 'agent';
  /** The hostname, the path of the root, or USER@HOST. */
  readonly address: string;
  readonly hostname: string;
  readonly os: TargetOs;
  /** The package manager's own name of it: `amd64`, `x86_64`. */
  readonly architecture: string;
  /** `uname -r`; null where the target does not run (a root filesystem) or runs on somebody else's kernel (a container). */
  readonly kernel: string | null;
}

export interface TargetOs {
  readonly id: string;
  readonly versionId: string;
  readonly codename: string;
  readonly prettyName: string;
  readonly operatingSystem: OperatingSystem;
  /** Value for PRODUCT filters: `Debian12`, `Ubuntu22.04`. */
  readonly product: string;
  /** OSV ecosystem: `debian:12`. */
  readonly ecosystem: string;
}

export interface PackageVersion {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

/** Where an archive says a version comes from (the fields of its Release file). */
export interface Origin {
  readonly origin: string;
  readonly label: string;
  /** Suite, e.g. `oldstable-security`. */
  readonly archive: string;
  readonly codename: string;
  readonly component: string;
  readonly site: string;
  /** Signed by a key that the package manager trusts. */
  readonly trusted: boolean;
}

export type InstallStatus =
  | 'installed'
  | 'half-installed'
  | 'unpacked'
  | 'half-configured'
  | 'triggers-awaited'
  | 'triggers-pending';

export interface InstalledPackage extends PackageVersion {
  readonly source: string;
  readonly sourceVersion: string;
  readonly priority: string;
  readonly section: string;
  /** KiB on disk by the package's own word; null when it does not say. */
  readonly installedKiB: number | null;
  readonly status: InstallStatus;
  readonly held: boolean;
  /** Archives that still offer the installed version. */
  readonly origins: readonly Origin[];
}

export const BLOCKED_REASONS = ['held', 'phased', 'kept-back', 'conffile-blocked'] as const;
export type BlockedReason = (typeof BLOCKED_REASONS)[number];

/** A version newer than the installed one (or a new package that an upgrade pulls in) and what the package manager would do. */
export interface AvailableUpdate extends PackageVersion {
  /** null: a new package that other updates need. */
  readonly installedVersion: string | null;
  readonly source: string;
  readonly sourceVersion: string;
  readonly priority: string;
  readonly section: string;
  readonly origins: readonly Origin[];
  /** Bytes of the archive; null when unknown. */
  readonly size: number | null;
  /** KiB on disk once installed; null when unknown. */
  readonly installedKiB: number | null;
  /** null: the upgrade verb installs it. */
  readonly blocked: { readonly reason: BlockedReason; readonly detail: string } | null;
}

export interface RebootState {
  /** null: cannot be told (a root filesystem that does not run is never asked to reboot: false). */
  readonly required: boolean | null;
  readonly reasons: readonly RebootReason[];
}

export interface RebootReason {
  readonly signal: 'reboot-required-file' | 'kernel' | 'libc' | 'needs-restarting' | 'zypper' | 'windows-update';
  readonly detail: string;
  /** Installed packages that wait for the reboot, where the signal names them. */
  readonly packages: readonly string[];
}

export const PROBLEM_CODES = [
  'lists-missing',
  'lists-incomplete',
  'lists-stale',
  'lists-expired',
  'refresh-failed',
  'dpkg-interrupted',
  'dependencies-broken',
  'resolver-failed',
  'inventory-empty',
  'inventory-failed',
  'locked',
  'other-patcher',
  'run-interrupted',
  'source-untrusted',
  'end-of-life',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Something about the evidence that a reader must know. A problem with `unknown: true` makes the whole UNKNOWN. */
export interface Problem {
  readonly code: ProblemCode;
  readonly unknown: boolean;
  readonly message: string;
  /** A command to copy, or null. */
  readonly next: string | null;
}

export interface Evidence {
  /** ISO 8601, by the clock of the machine that asked. */
  readonly gatheredAt: string;
  /** ISO 8601; null: cannot be told. */
  readonly listsUpdatedAt: string | null;
  /**
   * ISO 8601, the newest date that signed archives gave the lists: what is in them was published by then, whenever they
   * were fetched. null or left out: not told for all of them.
   */
  readonly listsReleasedAt?: string | null;
  /** Whether who looked is root there; left out where it is not told. */
  readonly asRoot?: boolean;
  readonly tools: Readonly<Record<string, string>>;
  /** Exit code of each command that the probe ran, by name. */
  readonly exitCodes: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
  /** Tells one start of the machine from another; null where it does not run or does not say. */
  readonly bootId?: string | null;
}
