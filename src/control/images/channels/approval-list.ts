import { and, desc, eq, gt, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { imageApproval } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { page } from '../../paging.ts';
import { APPROVAL_STATES, type ApprovalRow, type ApprovalState, approvalOutput } from './approval-state.ts';
import { family, paging } from './input.ts';

export const ApprovalsInput = z.object({
  Family: family.optional(),
  State: z.enum(APPROVAL_STATES).optional(),
  ...paging,
});

/** Approvals that were asked for, the newest first. */
export async function describeApprovals(call: Call, { Family, State, ...request }: z.output<typeof ApprovalsInput>) {
  const { db, account, now } = call;
  const list = `image approvals ${JSON.stringify([Family ?? null, State ?? null])}`;
  const keyOf = ({ requestedAt, id }: ApprovalRow) => [requestedAt.toISOString(), id];
  const { items, ...rest } = await page(call, request, { list, size: 100, keyOf }, (after, limit) =>
    db
      .select()
      .from(imageApproval)
      .where(
        and(
          eq(imageApproval.account, account),
          Family === undefined ? undefined : eq(imageApproval.family, Family),
          State === undefined ? undefined : isIn(State, now),
          after === null
            ? undefined
            : sql`(${imageApproval.requestedAt}, ${imageApproval.id}) < (${String(after[0])}::timestamptz, ${String(after[1])})`,
        ),
      )
      .orderBy(desc(imageApproval.requestedAt), desc(imageApproval.id))
      .limit(limit),
  );
  return { Approvals: items.map((row) => approvalOutput(row, now)), ...rest };
}

function isIn(state: ApprovalState, now: Date): SQL | undefined {
  const { decision, expiresAt } = imageApproval;
  if (state === 'PENDING') return and(isNull(decision), gt(expiresAt, now));
  if (state === 'EXPIRED') return or(eq(decision, 'expired'), and(isNull(decision), lte(expiresAt, now)));
  return eq(decision, state.toLowerCase() as 'approved');
}
