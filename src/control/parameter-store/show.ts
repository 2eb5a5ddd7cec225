import type { Parameter, ParameterHistory, ParameterMetadata } from '@aws-sdk/client-ssm';
import type { Sealer } from '../../store/sealer.ts';
import type { Call } from '../call.ts';
import type { Version } from './find.ts';
import { parameterArn } from './names.ts';
import type { Policy } from './policies.ts';

/** What the sealed value is bound to: moved to another row, it does not open. */
export function sealContext({ account, name, version }: Pick<Version, 'account' | 'name' | 'version'>): string {
  return JSON.stringify(['parameter', account, name, version]);
}

/** The value for a reader. Without decryption a SecureString is its encrypted bytes in base64. */
export function readValue(sealer: Sealer, version: Version, isDecrypted: boolean): string {
  if (version.type !== 'SecureString') return version.value.toString();
  return isDecrypted ? sealer.open(version.value, sealContext(version)).toString() : version.value.toString('base64');
}

export function shownParameter(
  call: Call,
  sealer: Sealer,
  version: Version,
  { isDecrypted, selector = '' }: { isDecrypted: boolean; selector?: string },
): Parameter {
  return {
    Name: version.name,
    Type: version.type,
    Value: readValue(sealer, version, isDecrypted),
    Version: version.version,
    ...(selector === '' ? {} : { Selector: selector }),
    LastModifiedDate: version.modifiedAt,
    ARN: parameterArn(call, version.name),
    DataType: version.dataType,
  };
}

export function shownMetadata(call: Call, version: Version): ParameterMetadata {
  return { Name: version.name, ARN: parameterArn(call, version.name), ...described(version) };
}

export function shownHistory(
  sealer: Sealer,
  version: Version,
  { isDecrypted, labels }: { isDecrypted: boolean; labels: readonly string[] },
): ParameterHistory {
  const Value = readValue(sealer, version, isDecrypted);
  return { Name: version.name, ...described(version), Value, Labels: [...labels] };
}

function described(version: Version) {
  return {
    Type: version.type,
    ...(version.keyId === null ? {} : { KeyId: version.keyId }),
    LastModifiedDate: version.modifiedAt,
    LastModifiedUser: version.modifiedBy,
    ...(version.description === null ? {} : { Description: version.description }),
    ...(version.allowedPattern === null ? {} : { AllowedPattern: version.allowedPattern }),
    Version: version.version,
    Tier: version.tier,
    Policies: JSON.parse(version.policies) as Policy[],
    DataType: version.dataType,
  };
}
