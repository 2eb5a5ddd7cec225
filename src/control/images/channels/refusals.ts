import { AwsError } from '../../../core/aws-error.ts';
import { type Revocation, revokedText } from './ancestry.ts';

/** What the operations on images refuse. Tasks of state machines get these as `Kintsugi.CODE`. */
export function imageRevoked(digest: string, revocation: Revocation): AwsError {
  return new AwsError('ImageRevoked', revokedText(digest, revocation));
}

export function imageNotFound(message: string): AwsError {
  return new AwsError('ImageNotFound', message);
}

export function channelMoved(message: string): AwsError {
  return new AwsError('ChannelMoved', message);
}

export function invalidInput(member: string, message: string): AwsError {
  const text = `Value at '${member}' failed to satisfy constraint: ${message}`;
  return new AwsError('ValidationException', `1 validation error detected: ${text}`);
}
