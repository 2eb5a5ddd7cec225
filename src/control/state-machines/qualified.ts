import { AwsError } from '../../core/aws-error.ts';
import type { StateMachineRef } from './arns.ts';

/** The name, where no version or alias may be named. Throws ValidationException. */
export function unqualified({ name, qualifier }: StateMachineRef, arn: string): string {
  if (qualifier === null) return name;
  throw new AwsError('ValidationException', `A qualified ARN cannot be used here: '${arn}'`);
}
