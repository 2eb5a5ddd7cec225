import type { imageApproval } from '../../../store/schema/images.ts';

export type ApprovalRow = typeof imageApproval.$inferSelect;

export const APPROVAL_STATES = [
  'PENDING',
  'APPROVED',
  'REJECTED',
  'EXPIRED',
  'WITHDRAWN',
  'REVOKED',
  'ANSWERED',
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** One past its time is over, whether or not anybody has noted it yet. */
export function stateOf({ decision, expiresAt }: ApprovalRow, now: Date): ApprovalState {
  if (decision !== null) return decision.toUpperCase() as ApprovalState;
  return expiresAt <= now ? 'EXPIRED' : 'PENDING';
}

/** An approval as the API shows it. The task's token is nobody's business but the engine's. */
export function approvalOutput(row: ApprovalRow, now: Date) {
  return {
    ApprovalId: row.id,
    Family: row.family,
    Digest: row.digest,
    Channel: row.channel,
    State: stateOf(row, now),
    ExecutionArn: row.execution,
    Message: row.message,
    RequestedAt: row.requestedAt,
    ExpiresAt: row.expiresAt,
    DecidedAt: row.decidedAt,
    DecidedBy: row.decidedBy,
    Comment: row.comment,
  };
}
