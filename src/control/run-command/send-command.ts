import { randomUUID } from 'node:crypto';
import type { SendCommandRequest, SendCommandResult } from '@aws-sdk/client-ssm';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { command, invocation } from '../../store/schema/commands.ts';
import { node } from '../../store/schema/nodes.ts';
import type { Call } from '../call.ts';
import { nodesByTargets } from '../managed-nodes/targets.ts';
import { commandState } from './command-state.ts';
import { describeCommand } from './describe.ts';
import type { PrepareDocument, PreparedDocument } from './document-source.ts';

const DELIVERY_SECONDS = 3600;
/** Kept with the command and given back as they came. */
const KEPT = [
  'Comment',
  'OutputS3Region',
  'OutputS3BucketName',
  'OutputS3KeyPrefix',
  'ServiceRoleArn',
  'NotificationConfig',
  'CloudWatchOutputConfig',
  'AlarmConfiguration',
] as const satisfies readonly (keyof SendCommandRequest)[];

/**
 * SendCommand. The nodes are chosen now: one that gets the tag later does not get the command. With `InstanceIds` every
 * node must be registered; with `Targets` there may be none, and the command is finished at once.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
 */
export function sendCommand(prepareDocument: PrepareDocument) {
  return async (call: Call, input: SendCommandRequest): Promise<SendCommandResult> => {
    const commandId = randomUUID();
    const instanceIds = await chosenNodes(call, input);
    const document = await prepareDocument(call, input, commandId);
    const row = await call.db.transaction(async (tx) => {
      const sent = await insertCommand(tx, call, input, document, commandId, instanceIds.length);
      await insertInvocations(tx, call, document, commandId, instanceIds);
      await tx.execute(sql`SELECT pg_notify('kintsugi_command', ${`${call.account} ${commandId}`})`);
      return sent;
    });
    return { Command: describeCommand(row) };
  };
}

async function chosenNodes(call: Call, { InstanceIds = [], Targets = [] }: SendCommandRequest): Promise<string[]> {
  if (InstanceIds.length > 0 === Targets.length > 0)
    throw new AwsError('ValidationException', 'Give either InstanceIds or Targets.');
  if (Targets.length > 0) return nodesByTargets(call.db, call.account, Targets);
  if (new Set(InstanceIds).size !== InstanceIds.length)
    throw new AwsError('DuplicateInstanceId', 'A managed node ID is given twice.');
  const rows = await call.db
    .select({ id: node.instanceId })
    .from(node)
    .where(and(eq(node.account, call.account), inArray(node.instanceId, InstanceIds)));
  const known = new Set(rows.map(({ id }) => id));
  const unknown = InstanceIds.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new AwsError(
      'InvalidInstanceId',
      `Instances [[${unknown.join(', ')}]] not in a valid state for account ${call.account}`,
    );
  return InstanceIds;
}

async function insertCommand(
  tx: Database,
  call: Call,
  input: SendCommandRequest,
  document: PreparedDocument,
  commandId: string,
  targetCount: number,
) {
  const timeoutSeconds = input.TimeoutSeconds ?? DELIVERY_SECONDS;
  const none = commandState({}, { isExhausted: false, isCancelled: false });
  const isOver = targetCount === 0;
  const rows = await tx
    .insert(command)
    .values({
      account: call.account,
      commandId,
      requestedAt: call.now,
      expiresAt: new Date(call.now.getTime() + (timeoutSeconds + document.executionSeconds) * 1000),
      documentName: document.name,
      documentVersion: document.version,
      document: { ...document.content },
      parameters: document.parameters,
      orchestration: document.orchestration,
      payload: document.payload,
      hooks: document.hooks === undefined ? null : { ...document.hooks },
      instanceIds: input.InstanceIds ?? [],
      targets: (input.Targets ?? []).map(({ Key = '', Values = [] }) => ({ Key, Values })),
      maxConcurrency: input.MaxConcurrency ?? '50',
      maxErrors: input.MaxErrors ?? '0',
      timeoutSeconds,
      executionSeconds: document.executionSeconds,
      request: Object.fromEntries(KEPT.flatMap((key) => (input[key] === undefined ? [] : [[key, input[key]]]))),
      status: isOver ? none.status : 'Pending',
      statusDetails: isOver ? none.statusDetails : 'Pending',
      targetCount,
      completedAt: isOver ? call.now : null,
      dueAt: call.now,
    })
    .returning();
  const row = rows[0];
  if (row === undefined) throw new Error('the command was not kept');
  return row;
}

async function insertInvocations(
  tx: Database,
  call: Call,
  document: PreparedDocument,
  commandId: string,
  instanceIds: readonly string[],
): Promise<void> {
  if (instanceIds.length === 0) return;
  // One statement with three parameters for any number of nodes.
  await tx.execute(sql`INSERT INTO ${invocation}
      (account, command_id, instance_id, position, requested_at, instance_name, stage, status, status_details, is_orchestrated)
    SELECT ${call.account}::text, ${commandId}::text, id, place, ${call.now}::timestamptz, coalesce(n.computer_name, n.name, ''),
      'waiting', 'Pending', 'Pending', ${document.orchestration !== null}::boolean
    FROM unnest(${sql.param([...instanceIds])}::text[]) WITH ORDINALITY AS chosen (id, place)
    LEFT JOIN ${node} n ON n.account = ${call.account} AND n.instance_id = id`);
}
