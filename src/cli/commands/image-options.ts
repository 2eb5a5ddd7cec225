/** Options of `kintsugi image bake`. */
export interface BakeCommandOptions {
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
  readonly json?: boolean;
}
