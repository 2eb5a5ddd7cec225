import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';
import { AWS_TYPES } from './types.data.ts';

/** What is kept of every node as it registers and beats, and never told by PutInventory. */
export const INSTANCE_INFORMATION = 'AWS:InstanceInformation';

export function isCustom(typeName: string): boolean {
  return typeName.startsWith('Custom:');
}

/** A type of the service, or a name that a custom type may have. Throws InvalidTypeNameException. */
export function checkTypeName(typeName: string): void {
  const isCustomName = isCustom(typeName) && typeName.length > 'Custom:'.length && !typeName.includes('\0');
  if (!isCustomName && !Object.hasOwn(AWS_TYPES, typeName))
    throw new AwsError('InvalidTypeNameException', `The inventory type name is not valid: ${typeName}`);
}

/** `1.10` is after `1.9`. */
export function compareVersions(a: string, b: string): number {
  const [major = 0, minor = 0] = a.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}

/** Throws AccessDeniedException when a node's credentials speak of another node. */
export function checkSpeaker({ principal }: Call, instanceId: string): void {
  if (principal.role === 'node' && principal.instanceId !== instanceId)
    throw new AwsError('AccessDeniedException', `${principal.arn} may not act for another node.`);
}
