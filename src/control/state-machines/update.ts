import { randomUUID } from 'node:crypto';
import type { UpdateStateMachineInput, UpdateStateMachineOutput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../core/aws-error.ts';
import { stateMachine } from '../../store/schema/state-machines.ts';
import type { Call } from '../call.ts';
import { readStateMachineArn, stateMachineArn } from './arns.ts';
import { checkConfiguration } from './configuration.ts';
import { checkVersionDescription } from './create.ts';
import { checkDefinition, keepDefinition } from './definitions.ts';
import { lockStateMachine, ofName } from './find.ts';
import { unqualified } from './qualified.ts';
import { checkRoleArn } from './role.ts';
import { publish } from './versions.ts';

/**
 * Changes the definition, the role or both; executions that run keep the definition that they started with.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
 */
export async function updateStateMachine(
  call: Call,
  input: UpdateStateMachineInput,
): Promise<UpdateStateMachineOutput> {
  const name = unqualified(readStateMachineArn(call, input.stateMachineArn ?? ''), input.stateMachineArn ?? '');
  const { definition, roleArn, loggingConfiguration, tracingConfiguration, encryptionConfiguration } = input;
  const given = [definition, roleArn, loggingConfiguration, tracingConfiguration, encryptionConfiguration];
  if (given.every((one) => one === undefined))
    throw new AwsError(
      'MissingRequiredParameter',
      'Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration or the TracingConfiguration must be specified',
    );
  checkConfiguration(input);
  checkVersionDescription(input);
  if (roleArn !== undefined) checkRoleArn(roleArn);
  return call.db.transaction(async (db) => {
    const tx = { ...call, db };
    const row = await lockStateMachine(tx, name);
    if (definition !== undefined) checkDefinition(definition, row.type);
    const change = {
      revisionId: randomUUID(),
      updatedAt: call.now,
      roleArn: roleArn ?? row.roleArn,
      definitionHash:
        definition === undefined ? row.definitionHash : await keepDefinition(db, call.account, definition),
    };
    await db.update(stateMachine).set(change).where(ofName(call.account, name));
    const published =
      input.publish === true ? await publish(tx, { ...row, ...change }, input.versionDescription) : null;
    return {
      updateDate: call.now,
      revisionId: change.revisionId,
      ...(published === null ? {} : { stateMachineVersionArn: stateMachineArn(call, name, published.version) }),
    };
  });
}
