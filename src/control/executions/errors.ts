import { AwsError } from '../../core/aws-error.ts';

export function executionDoesNotExist(arn: string): AwsError {
  return new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

/** Of EXPRESS state machines, in AWS's words. */
export function typeNotSupported(): AwsError {
  return new AwsError('StateMachineTypeNotSupported', 'This operation is not supported by this type of state machine');
}

export function mapRunDoesNotExist(arn: string): AwsError {
  return new AwsError('ResourceNotFound', `Map Run Does Not Exist: '${arn}'`);
}

export function invalidToken(): AwsError {
  return new AwsError('InvalidToken', 'Invalid Token');
}
