/**
 * The catalogue of every error that a user can meet: a stable code, what happened, what to do, and the exit code
 * of the command line. Edges throw `KintsugiError`; `core` itself returns values.
 */

/** Exit codes of the command line, documented in the README. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  nonCompliant: 3,
  unknown: 4,
  target: 5,
  locked: 6,
  permission: 7,
  failed: 8,
  refused: 9,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CatalogueEntry {
  readonly exit: ExitCode;
  /** What to do next, in plain words; a command to copy where there is one. */
  readonly advice: string;
}

export const CATALOGUE = {
  Usage: { exit: EXIT.usage, advice: 'See `kintsugi --help`.' },
  BaselineNotFound: {
    exit: EXIT.usage,
    advice: 'Give a file, or one of the names that `kintsugi baseline list` prints.',
  },
  BaselineInvalid: {
    exit: EXIT.usage,
    advice: 'Mend the places named above; `kintsugi baseline validate FILE` checks again.',
  },
  AdvisoriesInvalid: {
    exit: EXIT.usage,
    advice: 'Give OSV JSON, the CISA KEV catalogue, EPSS CSV, or a Debian DSA or DLA list.',
  },
  PackageUnknown: { exit: EXIT.usage, advice: 'Look at the names with `kintsugi scan --all`.' },
  NoPackageManager: {
    exit: EXIT.target,
    advice:
      'This build patches machines with dpkg and apt (Debian, Ubuntu, Raspbian). Other package managers are not there yet.',
  },
  NotARoot: {
    exit: EXIT.target,
    advice: 'Give the folder that holds etc/, usr/ and var/lib/dpkg of a root filesystem.',
  },
  SshRefused: { exit: EXIT.target, advice: 'Try the same with ssh itself: `ssh -o BatchMode=yes USER@HOST true`.' },
  ProbeFailed: {
    exit: EXIT.unknown,
    advice: 'The machine is UNKNOWN, never compliant. Mend the cause and scan again.',
  },
  ListsMissing: {
    exit: EXIT.unknown,
    advice: 'Fetch them with `kintsugi scan --refresh` (needs root), or `apt-get update`.',
  },
  RefreshFailed: { exit: EXIT.unknown, advice: 'Check the sources and the network of the machine, then try again.' },
  Locked: {
    exit: EXIT.locked,
    advice: 'Wait for the process named above, or give it more time with --lock-timeout SECONDS.',
  },
  Permission: { exit: EXIT.permission, advice: 'Run it as root, or with sudo.' },
  NoSpace: { exit: EXIT.refused, advice: 'Free the space named above; nothing was changed.' },
  PlanRefused: { exit: EXIT.refused, advice: 'Nothing was changed. Look at the plan with --dry-run.' },
  PlanDrift: {
    exit: EXIT.failed,
    advice: 'The package lists or the machine changed meanwhile. Scan again, then patch again.',
  },
  InstallFailed: { exit: EXIT.failed, advice: 'Read the log named above; `kintsugi patch` takes up where it stopped.' },
  RebootFailed: { exit: EXIT.failed, advice: 'The packages are installed. Restart the machine by hand.' },
  RepairFailed: { exit: EXIT.failed, advice: 'Mend the package by hand: `dpkg --configure -a` shows its own message.' },
  RunInProgress: { exit: EXIT.locked, advice: 'Nothing was changed. Wait for its end, then scan again.' },
  Stopped: { exit: EXIT.refused, advice: 'No update was installed; `kintsugi patch` begins again.' },
  FetchRefused: {
    exit: EXIT.refused,
    advice: 'Nothing was scanned or installed. Put the file at an https address that the server may fetch.',
  },
  FetchFailed: {
    exit: EXIT.unknown,
    advice: 'Nothing was scanned or installed. Try the address from the machine of the server.',
  },
  OverrideInvalid: {
    exit: EXIT.usage,
    advice: 'Nothing was scanned or installed. Mend the places named above and send the command again.',
  },
  StoreFailed: {
    exit: EXIT.internal,
    advice: 'Look at postgres.log in the data directory, or check DATABASE_URL.',
  },
  AgentNotRegistered: {
    exit: EXIT.usage,
    advice: 'Make an activation (`aws ssm create-activation`), then `kintsugi agent register`.',
  },
  AgentRegistered: { exit: EXIT.refused, advice: 'To move it, run `kintsugi agent uninstall` first.' },
  AgentRunning: { exit: EXIT.locked, advice: 'Stop it first, such as with `systemctl stop kintsugi-agent`.' },
  AgentStateBroken: {
    exit: EXIT.internal,
    advice: 'Run `kintsugi agent uninstall`, then register with a new activation.',
  },
  RegistrationRefused: {
    exit: EXIT.refused,
    advice: 'Check the id and the code of the activation, its expiry and its registration limit.',
  },
  ServerUnreachable: {
    exit: EXIT.target,
    advice: 'Check the address, the network and the certificate; --ca FILE trusts an authority of your own.',
  },
  ServerRefused: {
    exit: EXIT.permission,
    advice: 'See that the keys are of this server: `kintsugi keys list`, and make another with `kintsugi keys create`.',
  },
  ServerFault: { exit: EXIT.internal, advice: 'Look at what `kintsugi up` prints.' },
  NoCredentials: {
    exit: EXIT.permission,
    advice:
      'Run it where KINTSUGI_HOME is the data directory of the server, or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL.',
  },
  NodeUnreachable: {
    exit: EXIT.target,
    advice: 'See that the agent runs on the node and reaches this server, then send the command again.',
  },
  CommandCancelled: { exit: EXIT.failed, advice: 'Send the command again to finish what it was to do.' },
  BakeInProgress: { exit: EXIT.locked, advice: 'Wait for its end: a family is baked by one process at a time.' },
  BakeNotPossible: {
    exit: EXIT.refused,
    advice:
      'Start the server as root, with --allow-image-hooks where images have hooks, or bake on this machine alone without --publish.',
  },
  BakeFailed: { exit: EXIT.failed, advice: 'No image was stored. Mend the cause named above and bake again.' },
  BakeInterrupted: { exit: EXIT.failed, advice: 'No image was stored. Bake again: it begins anew from the base.' },
  BuilderMissing: {
    exit: EXIT.target,
    advice:
      'Install mmdebstrap, fdisk, dosfstools, mtools and e2fsprogs; qemu-utils for qcow2; systemd-container or qemu-system-x86 for the boot test.',
  },
  HookFailed: { exit: EXIT.failed, advice: 'No image was stored. Mend the hook and bake again.' },
  ImageRefused: {
    exit: EXIT.nonCompliant,
    advice: 'No image was stored: what is not compliant, or unknown, never becomes a golden image.',
  },
  ImageNotClean: {
    exit: EXIT.refused,
    advice: 'No image was stored. Remove what is named above in a hook, or do not put it there.',
  },
  BootTestFailed: { exit: EXIT.failed, advice: 'No image was stored. Read the console named above.' },
  ImageNotFound: { exit: EXIT.usage, advice: '`kintsugi image list` shows what is there.' },
  ImageDamaged: { exit: EXIT.failed, advice: 'Do not use it. Bake it again, or take it from another store.' },
  ImageRevoked: {
    exit: EXIT.refused,
    advice: 'A revocation is for good. Bake another image; `kintsugi image channels` shows what may be used.',
  },
  ImageUntested: {
    exit: EXIT.refused,
    advice:
      'Bake it with a boot test, or say why it may be gold all the same: `kintsugi image promote … --accept-untested WHY`.',
  },
  ImageLineage: { exit: EXIT.usage, advice: 'One of the two is told wrongly: see what each was made from.' },
  ChannelMoved: {
    exit: EXIT.refused,
    advice: 'Nothing was moved. Look with `kintsugi image channels`, and decide anew.',
  },
  ChannelEmpty: {
    exit: EXIT.refused,
    advice: 'Promote an image to it: `kintsugi image promote FAMILY@DIGEST --to gold`.',
  },
  ApprovalNotFound: { exit: EXIT.usage, advice: '`kintsugi image approvals` shows what waits.' },
  ApprovalOver: {
    exit: EXIT.refused,
    advice: 'Nothing was changed. `kintsugi image approvals --all` shows what was decided.',
  },
  NotAnAmi: { exit: EXIT.refused, advice: 'Roll out a family of AMIs; see documents/README.md for how to bake one.' },
  RolloutInProgress: {
    exit: EXIT.refused,
    advice: 'Wait for its end, or stop it with `kintsugi workflow stop`, which says first what that leaves.',
  },
  RolloutRefused: {
    exit: EXIT.refused,
    advice: 'No instance was replaced. Mend what is named above, and roll out again.',
  },
  RolloutFailed: {
    exit: EXIT.failed,
    advice:
      'Read the cause above: it says how the group stands. `kintsugi image channels` shows what is revoked by now.',
  },
  WorkflowOver: { exit: EXIT.refused, advice: 'Nothing was stopped. `kintsugi workflow show` shows how it ended.' },
  Internal: { exit: EXIT.internal, advice: 'This is a fault in Kintsugi. Please report it with the message above.' },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An error that survives a JSON round trip: the same on the server, the agent, the command line and the console. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export class KintsugiError extends Error {
  readonly code: ErrorCode;
  readonly advice: string;
  readonly exit: ExitCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** `message` says what happened, with the name or place it happened to; the catalogue adds what to do. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { advice?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KintsugiError';
    this.code = code;
    this.advice = options.advice ?? CATALOGUE[code].advice;
    this.exit = CATALOGUE[code].exit;
    this.details = options.details;
  }

  toJSON(): ErrorRecord {
    const record = { code: this.code, message: this.message, advice: this.advice };
    return this.details === undefined ? record : { ...record, details: this.details };
  }
}
