import type { AllowedEndpoint } from '../../clouds/web/http-task/allowed-endpoints.ts';

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
  readonly allowImageHooks?: boolean;
  readonly allowHttpTask?: readonly AllowedEndpoint[];
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

export interface WorkflowListOptions {
  readonly machine?: string;
  readonly status?: string;
  readonly most: number;
  readonly json?: boolean;
}

export interface WorkflowShowOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

export interface WorkflowStopOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}
