import type { CreateStateMachineInput, CreateStateMachineOutput } from '@aws-sdk/client-sfn';
import { sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { stateMachine } from '../../store/schema/state-machines.ts';
import type { Call } from '../call.ts';
import { stateMachineArn } from './arns.ts';
import { checkConfiguration } from './configuration.ts';
import { checkDefinition, keepDefinition } from './definitions.ts';
import { findStateMachine, lockStateMachine } from './find.ts';
import { checkName } from './names.ts';
import { tagResource } from './resource-tags.ts';
import { checkRoleArn } from './role.ts';
import { publish } from './versions.ts';

/**
 * Creates a state machine. The same name with the same type and definition again answers what is there (roles and tags do not
 * count, as in AWS); with another one it is StateMachineAlreadyExists.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
 */
export async function createStateMachine(
  call: Call,
  input: CreateStateMachineInput,
): Promise<CreateStateMachineOutput> {
  const { account, now } = call;
  const name = checkName(input.name ?? '');
  const definition = input.definition ?? '';
  checkConfiguration(input);
  const roleArn = checkRoleArn(input.roleArn ?? '');
  checkVersionDescription(input);
  const type = input.type ?? 'STANDARD';
  checkDefinition(definition, type);
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    // Two that create the same name at once: the second waits, and finds what the first has made.
    await db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`state machine ${account} ${name}`}, 0))`);
    const arn = stateMachineArn(call, name);
    const hash = await keepDefinition(db, account, definition);
    const before = await findStateMachine(db, account, name);
    if (before !== null && (before.definitionHash !== hash || before.type !== type))
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    if (before === null) {
      const row = { account, name, definitionHash: hash, roleArn, type, createdAt: now, updatedAt: now };
      await db.insert(stateMachine).values(row);
      await tagResource(tx, arn, input.tags ?? []);
    }
    const version =
      input.publish === true ? await publish(tx, await lockStateMachine(tx, name), input.versionDescription) : null;
    return {
      stateMachineArn: arn,
      creationDate: before?.createdAt ?? now,
      ...(version === null ? {} : { stateMachineVersionArn: stateMachineArn(call, name, version.version) }),
    };
  });
}

export function checkVersionDescription(input: {
  publish?: boolean | undefined;
  versionDescription?: string | undefined;
}) {
  if (input.versionDescription !== undefined && input.publish !== true)
    throw new AwsError('ValidationException', 'Version description can only be set when publish is true');
}
