import type {
  DescribeStateMachineInput,
  DescribeStateMachineOutput,
  ListStateMachinesInput,
  ListStateMachinesOutput,
} from '@aws-sdk/client-sfn';
import { and, asc, eq, gt } from 'drizzle-orm';
import { stateMachine } from '../../store/schema/state-machines.ts';
import type { Call } from '../call.ts';
import { readStateMachineArn, stateMachineArn } from './arns.ts';
import { keptDefinition } from './definitions.ts';
import { doesNotExist, findStateMachine, findVersion, type StateMachineRow } from './find.ts';
import { listPage } from './listing.ts';

/**
 * A state machine as it is now, or a version of it where the ARN names one.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
 */
export async function describeStateMachine(
  call: Call,
  input: DescribeStateMachineInput,
): Promise<DescribeStateMachineOutput> {
  const arn = input.stateMachineArn ?? '';
  const reference = readStateMachineArn(call, arn);
  const { db, account } = call;
  const isQualified = reference.qualifier !== null;
  const row = isQualified
    ? await findVersion(db, account, reference)
    : await findStateMachine(db, account, reference.name);
  if (row === null) throw doesNotExist(arn);
  const { type } =
    'type' in row ? row : ((await findStateMachine(db, account, row.name)) ?? { type: 'STANDARD' as const });
  const withDefinition = input.includedData !== 'METADATA_ONLY';
  const description = 'description' in row && row.description !== null ? { description: row.description } : {};
  return {
    stateMachineArn: stateMachineArn(call, row.name, 'version' in row ? row.version : undefined),
    name: row.name,
    status: 'ACTIVE',
    // The model requires the member; AWS leaves it empty for METADATA_ONLY.
    definition: withDefinition ? await keptDefinition(db, account, row.definitionHash) : '',
    roleArn: row.roleArn,
    type,
    creationDate: row.createdAt,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
    ...(row.revisionId === null ? {} : { revisionId: row.revisionId }),
    ...description,
  };
}

export async function listStateMachines(call: Call, input: ListStateMachinesInput): Promise<ListStateMachinesOutput> {
  const paging = { list: 'ListStateMachines', keyOf: ({ name }: StateMachineRow) => [name] };
  const { items, ...rest } = await listPage(call, input, paging, (after, limit) =>
    call.db
      .select()
      .from(stateMachine)
      .where(
        and(
          eq(stateMachine.account, call.account),
          after === null ? undefined : gt(stateMachine.name, String(after[0])),
        ),
      )
      .orderBy(asc(stateMachine.name))
      .limit(limit),
  );
  const stateMachines = items.map(({ name, createdAt, type }) => ({
    stateMachineArn: stateMachineArn(call, name),
    name,
    type,
    creationDate: createdAt,
  }));
  return { stateMachines, ...rest };
}
