import type { Json } from '../json.ts';
import type { Transformation } from './map-run-types.ts';
import type { ExecutionStatus } from './types.ts';

/** A child execution of a map run that has come to an end. Payloads are JSON texts. */
export interface ChildResult {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly input: string;
  readonly status: ExecutionStatus;
  readonly startDate: Date;
  readonly stopDate: Date | null;
  readonly redrives: number;
  readonly isExpress: boolean;
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** Why an execution that is no child of a map run cannot be redriven is `redriveReason` too, in AWS's words. */
export function endedReason(status: ExecutionStatus): string {
  return `Execution is ${status} and cannot be redriven`;
}

/**
 * What a child gives to the results of its Map, as JSON texts. A child that failed is always told whole.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export function resultTexts(child: ChildResult, transformation: Transformation): string[] {
  if (transformation === 'NONE' || child.status !== 'SUCCEEDED') return [JSON.stringify(wholeResult(child))];
  const text = child.output ?? 'null';
  if (transformation === 'COMPACT') return [text];
  const value = JSON.parse(text) as Json;
  return Array.isArray(value) ? value.map((one) => JSON.stringify(one)) : [text];
}

function wholeResult(child: ChildResult): { readonly [key: string]: Json } {
  const { arn, error, cause, output, status, stopDate } = child;
  const isDone = status === 'SUCCEEDED';
  return {
    ...(cause === null ? {} : { Cause: cause }),
    ...(error === null ? {} : { Error: error }),
    ExecutionArn: arn,
    Input: child.input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(output === null ? {} : { Output: output }),
    OutputDetails: { Included: true },
    RedriveCount: child.redrives,
    RedriveStatus: isDone ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(isDone ? { RedriveStatusReason: endedReason(status) } : {}),
    StartDate: child.startDate.toISOString(),
    StateMachineArn: child.stateMachineArn,
    Status: status,
    ...(stopDate === null ? {} : { StopDate: stopDate.toISOString() }),
  };
}
