import { AwsError } from '../../core/aws-error.ts';

export function executionDoesNotExist(arn: string): AwsError {
  return new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

export function invalidToken(): AwsError {
  return new AwsError('InvalidToken', 'Invalid Token');
}
