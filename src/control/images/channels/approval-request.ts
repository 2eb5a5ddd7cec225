import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AwsError } from '../../../core/aws-error.ts';
import { executionTask } from '../../../store/schema/executions.ts';
import { imageApproval } from '../../../store/schema/images.ts';
import type { Call } from '../../call.ts';
import { revocationOf } from './ancestry.ts';
import { channel, digest, family, words } from './input.ts';
import { lockImages } from './lock.ts';
import { imageRevoked } from './refusals.ts';
import { requireImage } from './registry.ts';

/** A week: long enough for a holiday, and nothing waits for ever. */
const USUAL_SECONDS = 7 * 86_400;
const MOST_SECONDS = 366 * 86_400;

export const RequestInput = z.object({
  Family: family,
  Digest: digest,
  Channel: channel,
  TaskToken: z.string().regex(/^[\w-]{43}$/, 'it is no task token of this server'),
  TimeoutSeconds: z.int().min(1).max(MOST_SECONDS).optional(),
  Message: words(1000).optional(),
});

/**
 * Asks people whether an image may go to a channel, for a task that waits for its token. The same token again is the
 * same request. Errors: ImageNotFound, ImageRevoked, InvalidToken.
 */
export async function requestApproval(
  newId: () => string,
  call: Call,
  { Family, Digest, Channel, TaskToken, TimeoutSeconds = USUAL_SECONDS, Message = '' }: z.output<typeof RequestInput>,
) {
  const { db, account, now, principal } = call;
  await lockImages(call);
  const [task] = await db
    .select({ execution: executionTask.execution })
    .from(executionTask)
    .where(and(eq(executionTask.token, TaskToken), eq(executionTask.account, account)));
  if (task === undefined) throw new AwsError('InvalidToken', 'No task waits for this token.');
  await requireImage(call, Family, Digest);
  const revocation = await revocationOf(db, account, Digest);
  if (revocation !== null) throw imageRevoked(Digest, revocation);
  await db
    .insert(imageApproval)
    .values({
      account,
      id: newId(),
      family: Family,
      digest: Digest,
      channel: Channel,
      token: TaskToken,
      execution: task.execution,
      message: Message,
      requestedAt: now,
      requestedBy: principal.arn,
      expiresAt: new Date(now.getTime() + TimeoutSeconds * 1000),
    })
    .onConflictDoNothing();
  const [row] = await db
    .select()
    .from(imageApproval)
    .where(and(eq(imageApproval.token, TaskToken), eq(imageApproval.account, account)));
  if (row === undefined) throw new AwsError('InvalidToken', 'No task waits for this token.');
  return { ApprovalId: row.id, ExpiresAt: row.expiresAt };
}
