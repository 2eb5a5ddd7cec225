export interface UpOptions {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly publicUrl?: string;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly allowHttp?: boolean;
  /** False with --no-node. */
  readonly node: boolean;
  readonly allowPatching?: boolean;
  readonly json?: boolean;
  readonly allowPrivateDownloads?: boolean;
}

export interface KeysOptions {
  readonly role?: 'admin' | 'operator' | 'viewer';
  readonly description?: string;
  readonly json?: boolean;
}

export interface ExposureOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}
