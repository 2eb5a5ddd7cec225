import type {
  DescribeDocumentRequest,
  DescribeDocumentResult,
  GetDocumentRequest,
  GetDocumentResult,
  ListDocumentVersionsRequest,
  ListDocumentVersionsResult,
} from '@aws-sdk/client-ssm';
import { and, asc, eq } from 'drizzle-orm';
import { readContent, writeContent } from '../../core/documents/read-content.ts';
import type { DocumentFormat } from '../../core/documents/types.ts';
import { documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { describeView } from './describe.ts';
import { findDocument } from './find.ts';
import { type DocumentView, shownName } from './view.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html */
export async function DescribeDocument(call: Call, input: DescribeDocumentRequest): Promise<DescribeDocumentResult> {
  return { Document: await describeView(call, await findDocument(call, input.Name ?? '', input)) };
}

/**
 * The content as it was written where it has the format that is asked for, else converted; JSON where none is asked
 * for. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetDocument.html
 */
export async function GetDocument(call: Call, input: GetDocumentRequest): Promise<GetDocumentResult> {
  const view = await findDocument(call, input.Name ?? '', input);
  const { content, format } = contentAs(view, input.DocumentFormat ?? 'JSON');
  return {
    Name: shownName(call, view),
    CreatedDate: view.createdAt,
    DocumentVersion: String(view.version),
    Status: 'Active',
    Content: content,
    DocumentType: view.documentType as NonNullable<GetDocumentResult['DocumentType']>,
    DocumentFormat: format,
    ...(view.displayName === null ? {} : { DisplayName: view.displayName }),
    ...(view.versionName === null ? {} : { VersionName: view.versionName }),
    ...(view.requires.length === 0 ? {} : { Requires: [...view.requires] }),
    ...(view.reviewStatus === null ? {} : { ReviewStatus: view.reviewStatus }),
  };
}

/** A text that is neither JSON nor YAML stays what it is. */
function contentAs(view: DocumentView, asked: DocumentFormat): { content: string; format: DocumentFormat } {
  const { documentFormat, content } = view;
  if (asked === documentFormat || documentFormat === 'TEXT') return { content, format: documentFormat };
  if (asked === 'TEXT') return { content, format: 'TEXT' };
  const read = readContent(content, documentFormat);
  return read.ok ? { content: writeContent(read.value, asked), format: asked } : { content, format: documentFormat };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocumentVersions.html */
export async function ListDocumentVersions(
  call: Call,
  input: ListDocumentVersionsRequest,
): Promise<ListDocumentVersionsResult> {
  const view = await findDocument(call, input.Name ?? '');
  const rows = view.account === call.account ? await versionsOf(call, view.name) : [view];
  const paging = {
    list: `document versions ${view.account} ${view.name}`,
    size: 50,
    keyOf: ({ version }: { version: number }) => [version],
  };
  const { items, ...next } = await pageOf(call, input, paging, rows);
  const DocumentVersions = items.map((row) => ({
    Name: shownName(call, view),
    DocumentVersion: String(row.version),
    CreatedDate: row.createdAt,
    IsDefaultVersion: row.version === view.defaultVersion,
    DocumentFormat: row.documentFormat,
    Status: 'Active' as const,
    ...(row.displayName === null ? {} : { DisplayName: row.displayName }),
    ...(row.versionName === null ? {} : { VersionName: row.versionName }),
    ...(row.reviewStatus === null ? {} : { ReviewStatus: row.reviewStatus }),
  }));
  return { DocumentVersions, ...next };
}

type VersionLine = Pick<
  DocumentView,
  'version' | 'createdAt' | 'documentFormat' | 'displayName' | 'versionName' | 'reviewStatus'
>;

async function versionsOf(call: Call, name: string): Promise<VersionLine[]> {
  return call.db
    .select({
      version: documentVersion.version,
      createdAt: documentVersion.createdAt,
      documentFormat: documentVersion.documentFormat,
      displayName: documentVersion.displayName,
      versionName: documentVersion.versionName,
      reviewStatus: documentVersion.reviewStatus,
    })
    .from(documentVersion)
    .where(and(eq(documentVersion.account, call.account), eq(documentVersion.name, name)))
    .orderBy(asc(documentVersion.version));
}
