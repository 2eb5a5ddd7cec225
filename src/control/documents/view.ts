import { createHash } from 'node:crypto';
import type { DocumentRequires, ReviewStatus } from '@aws-sdk/client-ssm';
import { platformTypes } from '../../core/documents/describe.ts';
import { readDocument } from '../../core/documents/parse.ts';
import type { DocumentFormat, Platform } from '../../core/documents/types.ts';
import type { Call } from '../call.ts';
import { asAwsError } from './faults.ts';

/** The server answers the steps of such a document itself. */
export type Orchestration = 'patch-baseline' | 'patch-baseline-with-hooks' | 'inventory';

/** One version of a document, of an account or shipped, with what concerns the whole document. */
export interface DocumentView {
  /** The account that owns it; null for those that are shipped. */
  readonly account: string | null;
  readonly name: string;
  readonly documentType: string;
  readonly version: number;
  readonly defaultVersion: number;
  readonly latestVersion: number;
  readonly versionName: string | null;
  readonly displayName: string | null;
  readonly targetType: string | null;
  readonly documentFormat: DocumentFormat;
  readonly content: string;
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string;
  readonly schemaVersion: string | null;
  readonly platformTypes: readonly Platform[];
  readonly requires: readonly DocumentRequires[];
  readonly author: string | null;
  readonly createdAt: Date;
  readonly reviewStatus: ReviewStatus | null;
  readonly orchestration: Orchestration | null;
}

export function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

export function ownerOf({ account }: Pick<DocumentView, 'account'>): string {
  return account ?? 'Amazon';
}

/** A document of another account goes by its ARN. */
export function shownName(
  call: Pick<Call, 'account' | 'region'>,
  view: Pick<DocumentView, 'account' | 'name'>,
): string {
  if (view.account === null || view.account === call.account) return view.name;
  return `arn:aws:ssm:${call.region}:${view.account}:document/${view.name}`;
}

export interface StoredOutline {
  readonly schemaVersion: string | null;
  readonly platformTypes: Platform[];
}

/** Checks a content and tells what is kept beside it. Throws the errors of an invalid document. */
export function outlineOf(
  content: string,
  format: DocumentFormat,
  type: string | null,
): StoredOutline & { type: string } {
  const read = readDocument(content, format, type);
  if (!read.ok) throw asAwsError(read.fault);
  const written = read.value.schemaVersion;
  const schemaVersion = written !== null && /^\d{1,6}\.\d{1,6}$/.test(written) ? written : null;
  return { schemaVersion, platformTypes: platformTypes(read.value.document), type: type ?? 'Command' };
}
