import { AwsError } from '../../core/aws-error.ts';
import type { DocumentFault } from '../../core/documents/types.ts';

export function noSuchDocument(): AwsError {
  return new AwsError('InvalidDocument', 'The specified document does not exist.');
}

export function noSuchVersion(): AwsError {
  return new AwsError('InvalidDocumentVersion', 'The document version is not valid or does not exist.');
}

/** For what an operation does not allow; `code` where the operation's own errors do not have it. */
export function notAllowed(message: string, code = 'InvalidDocumentOperation'): AwsError {
  return new AwsError(code, message);
}

export function asAwsError({ code, message }: DocumentFault): AwsError {
  return new AwsError(code, message);
}
