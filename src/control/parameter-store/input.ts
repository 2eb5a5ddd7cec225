import type { ParameterType, PutParameterRequest } from '@aws-sdk/client-ssm';
import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';

const DATA_TYPES: readonly string[] = ['text', 'aws:ec2:image', 'aws:ssm:integration'];
const IMAGE = /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
/** The one key that there is: it lies in the key file of the data directory. */
const DEFAULT_KEY = 'alias/aws/ssm';

/** What the model cannot say of one request alone. Throws ValidationException. */
export function checkInput({
  Value = '',
  Overwrite,
  Tags = [],
  Description = '',
  DataType = '',
  Type,
}: PutParameterRequest): void {
  if (Value === '') {
    throw invalid(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  }
  if (/\{\{[^}]*\}\}/.test(Value))
    throw invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
  if (Overwrite === true && Tags.length > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (Description.includes('\0')) throw invalid('The description has a character that cannot be stored.');
  if (DataType !== '' && !DATA_TYPES.includes(DataType))
    throw invalid(`The following data type is not supported: ${DataType} (Data type names are all lowercase.)`);
  if (DataType === 'aws:ec2:image') checkImage(Value, Type);
}

function checkImage(value: string, type: ParameterType | undefined): void {
  if (type !== undefined && type !== 'String') throw invalid('The data type aws:ec2:image needs the type String.');
  if (!IMAGE.test(value)) throw invalid('The value of the data type aws:ec2:image must be the ID of an image: ami-….');
}

/** Throws InvalidKeyId for any other key, ValidationException for a key where nothing is encrypted. */
export function keyIdOf(
  call: Call,
  type: ParameterType,
  given: string | undefined,
  present: string | null | undefined,
): string | null {
  if (type !== 'SecureString') {
    if (given !== undefined) throw invalid('KeyId is required for SecureString type parameter only.');
    return null;
  }
  const keyId = given ?? present ?? DEFAULT_KEY;
  const known = [DEFAULT_KEY, `arn:aws:kms:${call.region}:${call.account}:${DEFAULT_KEY}`];
  if (!known.includes(keyId))
    throw new AwsError('InvalidKeyId', `Key ${keyId} is not there. This server has one key: ${DEFAULT_KEY}.`);
  return keyId;
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
