import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';

type Place = Pick<Call, 'account' | 'region'>;

/** What an ARN of Step Functions names. `qualifier`: a version's number or an alias. */
export interface StateMachineRef {
  readonly name: string;
  readonly qualifier: string | null;
}

export interface ExecutionRef {
  readonly stateMachine: string;
  readonly name: string;
}

export function stateMachineArn({ region, account }: Place, name: string, qualifier?: string | number): string {
  const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

export function activityArn({ region, account }: Place, name: string): string {
  return `arn:aws:states:${region}:${account}:activity:${name}`;
}

export function executionArn({ region, account }: Place, stateMachine: string, name: string): string {
  return `arn:aws:states:${region}:${account}:execution:${stateMachine}:${name}`;
}

/** Throws InvalidArn; whether there is such a state machine is the caller's matter. */
export function readStateMachineArn(place: Place, arn: string): StateMachineRef {
  const [name = '', qualifier = null, ...rest] = tailOf(place, arn, 'stateMachine');
  if (name === '' || qualifier === '' || rest.length > 0) throw invalidArn(`Invalid State Machine Arn: '${arn}'`);
  return { name, qualifier };
}

/** Of EXPRESS executions only the children of a map run can be looked at: their state machine has its label. */
export function readExecutionArn(place: Place, arn: string): ExecutionRef {
  const isExpressChild = /^arn:[^:]*:states:[^:]*:[^:]*:express:[^:]*\/[^:]*:[^:]*:[^:]+$/.test(arn);
  const tail = tailOf(place, arn, isExpressChild ? 'express' : 'execution');
  const [stateMachine = '', name = '', ...rest] = isExpressChild ? tail.slice(0, 2) : tail;
  if (stateMachine === '' || name === '' || rest.length > 0) throw invalidArn(`Invalid Execution Arn: '${arn}'`);
  return { stateMachine, name };
}

/** Throws InvalidArn. */
export function checkMapRunArn(place: Place, arn: string): void {
  const [of = '', name = '', ...rest] = tailOf(place, arn, 'mapRun');
  if (!of.includes('/') || name === '' || rest.length > 0) throw invalidArn(`Invalid Map Run Arn: '${arn}'`);
}

export function readActivityArn(place: Place, arn: string): string {
  const [name = '', ...rest] = tailOf(place, arn, 'activity');
  if (name === '' || rest.length > 0) throw invalidArn(`Invalid Activity Arn: '${arn}'`);
  return name;
}

export function invalidArn(reason: string): AwsError {
  return new AwsError('InvalidArn', `Invalid Arn: '${reason}'`);
}

function tailOf({ region, account }: Place, arn: string, kind: string): string[] {
  const [head, partition, service, itsRegion, itsAccount, itsKind, ...tail] = arn.split(':');
  if (head !== 'arn' || !/^aws(?:-[a-z-]+)?$/.test(partition ?? '') || service !== 'states')
    throw invalidArn(`Invalid ARN prefix: ${arn}`);
  if (itsRegion !== region || itsAccount !== account)
    throw invalidArn(`ARN is not of this account and region (${account}, ${region}): ${arn}`);
  if (itsKind !== kind) throw invalidArn(`Resource type not valid in this context: ${itsKind ?? ''}`);
  return tail;
}
