import { readFileSync } from 'node:fs';
import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';
import type { StateMachineToStart } from '../executions/start.ts';
import { stateMachineArn } from './arns.ts';
import { createStateMachine } from './create.ts';
import { updateStateMachine } from './update.ts';

const FOLDER = new URL('../../../documents/', import.meta.url);

/** A definition that comes with the program, by its file's name without `.asl.json`. */
export type ShippedDefinition = 'roll-out-auto-scaling-group';

/**
 * A state machine of this server for a definition that comes with the program: made when it is first needed, brought
 * to the present release when that has another one. Its executions are listed, stopped and redriven like all others.
 */
export async function shippedStateMachine(call: Call, file: ShippedDefinition): Promise<StateMachineToStart> {
  const definition = readFileSync(new URL(`${file}.asl.json`, FOLDER), 'utf8');
  const name = `Kintsugi-${file}`;
  const arn = stateMachineArn(call, name);
  const roleArn = `arn:aws:iam::${call.account}:role/kintsugi`;
  try {
    await createStateMachine(call, { name, definition, roleArn });
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'StateMachineAlreadyExists') throw error;
    await updateStateMachine(call, { stateMachineArn: arn, definition });
  }
  return { arn, name, roleArn, definition };
}
