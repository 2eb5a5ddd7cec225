import type { CancelCommandRequest } from '@aws-sdk/client-ssm';
import { and, eq, inArray, isNull, ne, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { type CommandRow, command, type InvocationRow, invocation } from '../../store/schema/commands.ts';
import { message } from '../../store/schema/messages.ts';
import type { Call } from '../call.ts';
import { postCancel } from '../messages/outbox.ts';
import { advance } from './engine.ts';
import { endInvocation } from './settle.ts';

/**
 * CancelCommand, for all nodes or some. What waits is cancelled at once; a node that has the command is asked to stop,
 * and counts as cancelled when it says so, or after five minutes: an agent that had not begun it never answers. No node
 * gets it any more from now on. A command that is over stays as it is.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CancelCommand.html
 */
export async function CancelCommand(call: Call, input: CancelCommandRequest): Promise<object> {
  const wanted = input.InstanceIds ?? [];
  if (new Set(wanted).size !== wanted.length)
    throw new AwsError('DuplicateInstanceId', 'A managed node ID is given twice.');
  await call.db.transaction(async (tx) => {
    const row = await lockCommand(tx, call.account, input.CommandId ?? '');
    const invocations = await openInvocations(tx, row, wanted);
    if (row.completedAt !== null) return;
    for (const one of invocations) await cancel(tx, row, one, call.now);
    if (wanted.length === 0)
      await tx
        .update(command)
        .set({ cancelRequestedAt: row.cancelRequestedAt ?? call.now })
        .where(and(eq(command.account, row.account), eq(command.commandId, row.commandId)));
    const cancelRequestedAt = wanted.length === 0 ? (row.cancelRequestedAt ?? call.now) : row.cancelRequestedAt;
    await advance(tx, { ...row, cancelRequestedAt }, call.now);
  });
  return {};
}

async function lockCommand(tx: Database, account: string, commandId: string): Promise<CommandRow> {
  const rows = await tx
    .select()
    .from(command)
    .where(and(eq(command.account, account), eq(command.commandId, commandId)))
    .for('update');
  if (rows[0] === undefined) throw new AwsError('InvalidCommandId', 'There is no command of this ID.');
  return rows[0];
}

async function openInvocations(tx: Database, row: CommandRow, wanted: readonly string[]): Promise<InvocationRow[]> {
  const ofCommand = and(eq(invocation.account, row.account), eq(invocation.commandId, row.commandId));
  if (wanted.length > 0) {
    const known = await tx
      .select({ id: invocation.instanceId })
      .from(invocation)
      .where(and(ofCommand, inArray(invocation.instanceId, [...wanted])));
    if (known.length !== wanted.length)
      throw new AwsError('InvalidInstanceId', 'The command was not sent to all of these nodes.');
  }
  return tx
    .select()
    .from(invocation)
    .where(
      and(
        ofCommand,
        ne(invocation.stage, 'done'),
        isNull(invocation.cancelRequestedAt),
        wanted.length === 0 ? sql`true` : inArray(invocation.instanceId, [...wanted]),
      ),
    );
}

const CANCELLED = { status: 'Cancelled', statusDetails: 'Cancelled' };

async function cancel(tx: Database, row: CommandRow, one: InvocationRow, now: Date): Promise<void> {
  const given = await givenMessage(tx, one);
  if (given === undefined) return endInvocation(tx, one, CANCELLED, '', now);
  const deliverBy = new Date(now.getTime() + row.timeoutSeconds * 1000);
  const { messageId, instanceId, commandId, ordinal } = given;
  await postCancel(tx, row.account, { messageId, instanceId, commandId, ordinal, deliverBy }, now);
  await tx
    .update(invocation)
    .set({ cancelRequestedAt: now, status: 'Cancelling', statusDetails: 'Cancelling' })
    .where(
      and(
        eq(invocation.account, row.account),
        eq(invocation.commandId, row.commandId),
        eq(invocation.instanceId, instanceId),
      ),
    );
}

/** The message that the node may be at work on. The lock keeps it from being fetched while that is decided. */
async function givenMessage(tx: Database, one: InvocationRow) {
  const rows = await tx
    .select()
    .from(message)
    .where(
      and(
        eq(message.account, one.account),
        eq(message.commandId, one.commandId),
        eq(message.instanceId, one.instanceId),
        eq(message.kind, 'send'),
        isNull(message.endedAt),
      ),
    )
    .for('update');
  return rows.find(({ deliveries, startedAt }) => deliveries > 0 || startedAt !== null);
}
