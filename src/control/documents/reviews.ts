import type { DocumentDescription } from '@aws-sdk/client-ssm';
import { and, asc, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { documentReview } from '../../store/schema/documents.ts';
import type { DocumentView } from './view.ts';

export type ReviewRow = typeof documentReview.$inferSelect;

/** What DescribeDocument tells of the reviews; nothing for documents that are not reviewed. */
export async function reviewsOf(
  db: Database,
  view: DocumentView,
): Promise<Pick<DocumentDescription, 'ReviewInformation' | 'ApprovedVersion' | 'PendingReviewVersion'>> {
  const { account, name, version } = view;
  if (account === null || view.reviewStatus === null) return {};
  const rows = await db
    .select()
    .from(documentReview)
    .where(and(eq(documentReview.account, account), eq(documentReview.name, name)))
    .orderBy(asc(documentReview.version), asc(documentReview.sequence));
  const answered = rows.filter((row) => row.version === version && row.reviewer !== null);
  const approved = rows.findLast((row) => row.reviewStatus === 'APPROVED')?.version;
  // A request that was answered is no longer pending: the last word on a version counts.
  const standing = [...new Map(rows.map((row) => [row.version, row])).values()];
  const pending = standing.findLast((row) => row.reviewStatus === 'PENDING')?.version;
  return {
    ...(answered.length === 0 ? {} : { ReviewInformation: answered.map(reviewInformation) }),
    ...(approved === undefined ? {} : { ApprovedVersion: String(approved) }),
    ...(pending === undefined ? {} : { PendingReviewVersion: String(pending) }),
  };
}

function reviewInformation({ updatedAt, reviewStatus, reviewer }: ReviewRow) {
  return { ReviewedTime: updatedAt, Status: reviewStatus, ...(reviewer === null ? {} : { Reviewer: reviewer }) };
}
