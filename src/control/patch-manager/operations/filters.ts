import type { PatchOrchestratorFilter } from '@aws-sdk/client-ssm';
import { AwsError } from '../../../core/aws-error.ts';

/** A filter of strings: one of `values` must be met. */
export interface Wanted<Key extends string> {
  readonly key: Key;
  readonly values: readonly string[];
}

/**
 * The filters of a Describe operation with keys that it knows; two filters must both be met. `code` is the operation's
 * error for others. PostgreSQL holds no NUL, and nothing that it holds equals a value with one.
 */
export function readPatchFilters<Key extends string>(
  filters: readonly PatchOrchestratorFilter[] | undefined,
  keys: readonly Key[],
  code: 'ValidationException' | 'InvalidFilter',
): Wanted<Key>[] {
  return (filters ?? []).map(({ Key: given = '', Values = [] }) => {
    const key = keys.find((one) => one === given);
    if (key === undefined)
      throw new AwsError(code, `The filter key ${given} is not valid. Valid keys: ${keys.join(', ')}`);
    return { key, values: Values.map((value) => value.replaceAll('\0', '\ufffd')) };
  });
}
