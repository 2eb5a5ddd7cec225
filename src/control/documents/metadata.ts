import type {
  ListDocumentMetadataHistoryRequest,
  ListDocumentMetadataHistoryResponse,
  UpdateDocumentMetadataRequest,
} from '@aws-sdk/client-ssm';
import { and, asc, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { documentReview, documentVersion } from '../../store/schema/documents.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { noSuchDocument, noSuchVersion, notAllowed } from './faults.ts';
import { documentRow, lockedDocument, type VersionRow, versionRow } from './find.ts';
import { refuseShipped } from './ownership.ts';
import type { ReviewRow } from './reviews.ts';

/**
 * Sends a version of a change template for review, comments on a review, or answers it. Each keeps its place in the
 * history. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocumentMetadata.html
 */
export async function UpdateDocumentMetadata(call: Call, input: UpdateDocumentMetadataRequest): Promise<object> {
  const { Name: name = '', DocumentVersion = '$LATEST', DocumentReviews: review } = input;
  refuseShipped(name);
  const comment = review?.Comment?.[0]?.Content ?? null;
  if (comment?.includes('\0')) throw new AwsError('ValidationException', 'A comment cannot have a NUL character.');
  await call.db.transaction(async (tx) => {
    const row = await lockedDocument(tx, call.account, name);
    if (row.documentType !== 'Automation.ChangeTemplate')
      throw notAllowed('Only documents of type Automation.ChangeTemplate are reviewed.');
    const version = await versionRow(tx, row, { DocumentVersion });
    if (version === null) throw noSuchVersion();
    const rows = await historyOf(tx, version);
    const isPending = version.reviewStatus === 'PENDING';
    const action = review?.Action;
    if (action === 'SendForReview') {
      if (isPending) throw notAllowed('The document version is already being reviewed.');
      await record(tx, version, rows, { reviewStatus: 'PENDING', reviewer: null, comment, at: call.now });
      return;
    }
    if (!isPending) throw notAllowed('The document version is not being reviewed.');
    const reviewStatus = action === 'Approve' ? 'APPROVED' : action === 'Reject' ? 'REJECTED' : 'PENDING';
    await record(tx, version, rows, { reviewStatus, reviewer: call.principal.arn, comment, at: call.now });
  });
  return {};
}

interface Entry {
  readonly reviewStatus: 'PENDING' | 'APPROVED' | 'REJECTED';
  readonly reviewer: string | null;
  readonly comment: string | null;
  readonly at: Date;
}

async function record(tx: Database, version: VersionRow, rows: readonly ReviewRow[], entry: Entry): Promise<void> {
  const { account, name, version: number } = version;
  const { at, ...rest } = entry;
  // An answer carries the time of the request that it answers.
  const asked = entry.reviewer === null ? undefined : rows.findLast(({ reviewer }) => reviewer === null)?.createdAt;
  const sequence = (rows.at(-1)?.sequence ?? 0) + 1;
  const times = { createdAt: asked ?? at, updatedAt: at };
  await tx.insert(documentReview).values({ account, name, version: number, sequence, ...rest, ...times });
  await tx
    .update(documentVersion)
    .set({ reviewStatus: entry.reviewStatus })
    .where(
      and(eq(documentVersion.account, account), eq(documentVersion.name, name), eq(documentVersion.version, number)),
    );
}

async function historyOf(db: Database, { account, name, version }: VersionRow): Promise<ReviewRow[]> {
  return db
    .select()
    .from(documentReview)
    .where(and(eq(documentReview.account, account), eq(documentReview.name, name), eq(documentReview.version, version)))
    .orderBy(asc(documentReview.sequence));
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocumentMetadataHistory.html */
export async function ListDocumentMetadataHistory(
  call: Call,
  input: ListDocumentMetadataHistoryRequest,
): Promise<ListDocumentMetadataHistoryResponse> {
  const { Name: name = '', DocumentVersion } = input;
  refuseShipped(name, 'InvalidDocument');
  const row = await documentRow(call.db, call.account, name);
  if (row === null) throw noSuchDocument();
  const version = await versionRow(call.db, row, { DocumentVersion: DocumentVersion ?? '$LATEST' });
  if (version === null) throw noSuchVersion();
  const paging = {
    list: `document reviews ${name} ${version.version}`,
    size: 50,
    keyOf: ({ sequence }: ReviewRow) => [-sequence],
  };
  const { items, ...next } = await pageOf(call, input, paging, await historyOf(call.db, version));
  const ReviewerResponse = items.map(({ createdAt, updatedAt, reviewStatus, comment, reviewer }) => ({
    CreateTime: createdAt,
    UpdatedTime: updatedAt,
    ReviewStatus: reviewStatus,
    ...(comment === null ? {} : { Comment: [{ Type: 'Comment' as const, Content: comment }] }),
    ...(reviewer === null ? {} : { Reviewer: reviewer }),
  }));
  return {
    Name: name,
    DocumentVersion: String(version.version),
    Author: version.author,
    Metadata: { ReviewerResponse },
    ...next,
  };
}
