/** Options of `kintsugi image bake`, and those of a trigger of one. */
export interface BakeCommandOptions {
  /** By the option or the argument. */
  readonly family: string;
  readonly baseline?: string;
  readonly advisories?: readonly string[];
  readonly suite?: string;
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly base?: string;
  readonly include?: readonly string[];
  readonly hook?: readonly string[];
  readonly hookTimeout: number;
  readonly hookNetwork?: boolean;
  readonly check?: string;
  readonly format: 'raw' | 'qcow2';
  readonly boot: 'nspawn' | 'qemu' | 'qemu-uefi' | 'none';
  readonly bootTimeout: number;
  readonly force?: boolean;
  /** Through the running server, into the channels. */
  readonly publish?: boolean;
  readonly approve?: boolean;
  readonly message?: string;
  readonly json?: boolean;
}

/** Options of `kintsugi image trigger add`: one condition, and the bake that it starts. */
export interface TriggerOptions extends Omit<BakeCommandOptions, 'family' | 'publish'> {
  readonly schedule?: string;
  readonly timeZone?: string;
  readonly drift?: boolean;
  readonly advisory?: 'critical' | 'high' | 'medium' | 'low';
  readonly baseMoved?: boolean;
}
