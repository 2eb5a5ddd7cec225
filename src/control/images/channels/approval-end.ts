import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { AwsError } from '../../../core/aws-error.ts';
import type { Database } from '../../../store/database.ts';
import { imageApproval } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { noteFault, TransitionFault } from '../../executions/faults.ts';
import { sendTaskFailure } from '../../executions/task-tokens.ts';
import type { ApprovalRow } from './approval-state.ts';

const MOST_AT_ONCE = 50;

/** Ends what is asked about images that were revoked: nobody is to say yes to them, and no task is to wait for it. */
export async function endApprovalsOf(call: Call, digests: readonly string[], cause: string): Promise<void> {
  const { db, account, now } = call;
  const rows = await db
    .select()
    .from(imageApproval)
    .where(
      and(
        eq(imageApproval.account, account),
        inArray(imageApproval.digest, [...digests]),
        isNull(imageApproval.decision),
      ),
    )
    .orderBy(imageApproval.id)
    .for('update');
  for (const row of rows) {
    await failTask(call.db, row, now, { error: 'Kintsugi.ImageRevoked', cause });
    await end(db, row, { decision: 'revoked', decidedAt: now, decidedBy: call.principal.arn, comment: cause });
  }
}

/**
 * Ends the approvals whose time is over, and their tasks with Kintsugi.ApprovalExpired, and those whose task ended
 * otherwise; in all accounts, some at a time. Answers how many. Any number of servers may do so at once.
 */
export async function endOverdueApprovals(db: Database, now: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const { account, id, token, decision, expiresAt } = imageApproval;
    const isGone = sql`NOT EXISTS (SELECT FROM execution_task t WHERE t.token = ${token})`;
    const rows = await tx
      .select()
      .from(imageApproval)
      .where(and(isNull(decision), sql`(${expiresAt} <= ${now} OR ${isGone})`))
      .orderBy(expiresAt, account, id)
      .limit(MOST_AT_ONCE)
      .for('update', { skipLocked: true });
    for (const row of rows) {
      const isOver = row.expiresAt <= now;
      const cause = `Nobody approved ${row.digest} for ${row.channel} of ${row.family} until ${row.expiresAt.toISOString()}.`;
      if (isOver) await failTask(tx, row, now, { error: 'Kintsugi.ApprovalExpired', cause });
      await end(tx, row, { decision: isOver ? 'expired' : 'withdrawn', decidedAt: now });
    }
    return rows.length;
  });
}

async function end(db: Database, { account, id }: ApprovalRow, how: Partial<ApprovalRow>): Promise<void> {
  await db
    .update(imageApproval)
    .set(how)
    .where(and(eq(imageApproval.account, account), eq(imageApproval.id, id)));
}

/**
 * One that has ended otherwise needs no word any more, and one that cannot take it ends by that: no token keeps an image
 * from being revoked.
 */
async function failTask(
  db: Database,
  { account, execution, token }: ApprovalRow,
  now: Date,
  failure: { readonly error: string; readonly cause: string },
): Promise<void> {
  const region = execution.split(':')[3] ?? '';
  await sendTaskFailure({ db, account, region, now }, { taskToken: token, ...failure }).catch(
    async (error: unknown) => {
      if (error instanceof TransitionFault) await noteFault(db, error, now);
      else if (!(error instanceof AwsError) || !['TaskTimedOut', 'InvalidToken'].includes(error.code)) throw error;
    },
  );
}
