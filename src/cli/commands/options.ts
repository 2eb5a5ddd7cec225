/** Options of every command that looks at a machine. */
export interface LookOptions {
  readonly root?: string;
  readonly ssh?: string;
  readonly offline?: boolean;
  readonly baseline?: string;
  readonly advisories?: readonly string[];
  readonly full?: boolean;
  readonly refresh?: boolean;
  readonly changelogs?: boolean;
  readonly lockTimeout: number;
  readonly json?: boolean;
}

export interface ScanOptions extends LookOptions {
  readonly format: 'table' | 'json' | 'sarif' | 'cyclonedx' | 'junit';
  readonly all?: boolean;
}

export interface PatchCommandOptions extends LookOptions {
  readonly dryRun?: boolean;
  readonly reboot: 'never' | 'if-required' | 'always';
  readonly only?: readonly string[];
  readonly conffiles: 'keep' | 'replace' | 'skip';
  readonly yes?: boolean;
}
