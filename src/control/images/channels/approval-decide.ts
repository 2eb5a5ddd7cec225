import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { imageApproval } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { sendTaskFailure, sendTaskSuccess } from '../../executions/task-tokens.ts';
import { revocationOf } from './ancestry.ts';
import { type ApprovalRow, approvalOutput, stateOf } from './approval-state.ts';
import { words } from './input.ts';
import { lockImages } from './lock.ts';
import { leaveChannel, pointerOf } from './pointer.ts';
import type { PublishNeeds } from './publish.ts';
import { imageRevoked, invalidInput } from './refusals.ts';

export const DecideInput = z.object({
  ApprovalId: z.string().max(40).optional(),
  TaskToken: z.string().max(100).optional(),
  Comment: words(1000).optional(),
});
type Decision = z.output<typeof DecideInput>;

/**
 * Says yes for the task that waits: it goes on with `{Approved, By, Comment}`. The first word holds; the same word
 * again answers it. Errors: ApprovalNotFound, ApprovalOver, ImageRevoked.
 */
export async function approveImage(call: Call, input: Decision) {
  return decide(call, input, 'approved', async (row, Comment) => {
    const revocation = await revocationOf(call.db, call.account, row.digest);
    if (revocation !== null) throw imageRevoked(row.digest, revocation);
    const output = JSON.stringify({ Approved: true, By: call.principal.arn, Comment });
    await sendTaskSuccess(call, { taskToken: row.token, output });
  });
}

/**
 * Says no: the task fails with Kintsugi.ApprovalRejected, and an image that was to become gold leaves staging. Errors:
 * ApprovalNotFound, ApprovalOver.
 */
export async function rejectImage(needs: PublishNeeds, call: Call, input: Decision) {
  return decide(call, input, 'rejected', async (row, comment) => {
    const cause = `${row.digest} was rejected for ${row.channel} of ${row.family} by ${call.principal.arn}${comment === '' ? '' : `: ${comment}`}`;
    await sendTaskFailure(call, { taskToken: row.token, error: 'Kintsugi.ApprovalRejected', cause });
    await leaveStaging(needs, call, row, comment);
  });
}

/** Staging is what is to be gold next: what somebody said no to is not, nor what they said no to before. */
async function leaveStaging(needs: PublishNeeds, call: Call, row: ApprovalRow, comment: string): Promise<void> {
  const { db, account } = call;
  const place = { family: row.family, channel: 'staging' } as const;
  if (row.channel !== 'gold' || (await pointerOf(db, account, place))?.digest !== row.digest) return;
  const { account: owner, family, decision, digest } = imageApproval;
  const rejected = await db
    .selectDistinct({ digest })
    .from(imageApproval)
    .where(and(eq(owner, account), eq(family, row.family), eq(decision, 'rejected')));
  const never = new Set(rejected.map((one) => one.digest));
  await leaveChannel(needs, call, place, { never, note: comment });
}

async function decide(
  call: Call,
  input: Decision,
  decision: 'approved' | 'rejected',
  tell: (row: ApprovalRow, comment: string) => Promise<void>,
) {
  const { db, account, now, principal } = call;
  await lockImages(call);
  const row = await named(call, input);
  if (row.decision === decision) return approvalOutput(row, now);
  const state = stateOf(row, now);
  if (state !== 'PENDING') throw over(row, `is ${state} already`);
  const comment = input.Comment ?? '';
  try {
    await tell(row, comment);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'TaskTimedOut') throw error;
    throw over(row, 'is asked for by nobody any more: the task that waited for it has ended');
  }
  const decided = { decision, decidedAt: now, decidedBy: principal.arn, comment };
  await db
    .update(imageApproval)
    .set(decided)
    .where(and(eq(imageApproval.account, account), eq(imageApproval.id, row.id)));
  return approvalOutput({ ...row, ...decided }, now);
}

async function named({ db, account }: Call, { ApprovalId, TaskToken }: Decision): Promise<ApprovalRow> {
  if ((ApprovalId === undefined) === (TaskToken === undefined))
    throw invalidInput('ApprovalId', 'give either ApprovalId or TaskToken');
  const isIt = ApprovalId === undefined ? eq(imageApproval.token, TaskToken ?? '') : eq(imageApproval.id, ApprovalId);
  const [row] = await db
    .select()
    .from(imageApproval)
    .where(and(eq(imageApproval.account, account), isIt))
    .for('update');
  if (row === undefined) throw new AwsError('ApprovalNotFound', 'There is no such approval.');
  return row;
}

function over({ id, family, channel, digest, decidedBy }: ApprovalRow, how: string): AwsError {
  const who = decidedBy === null ? '' : ` (${decidedBy})`;
  return new AwsError('ApprovalOver', `The approval ${id} of ${digest} for ${channel} of ${family} ${how}${who}.`);
}
