import type {
  DeleteParameterRequest,
  DeleteParametersRequest,
  GetParameterHistoryRequest,
  GetParameterRequest,
  GetParametersByPathRequest,
  GetParametersRequest,
  PutParameterRequest,
} from '@aws-sdk/client-ssm';
import type { Sealer } from '../../store/sealer.ts';
import type { Call, Operations } from '../call.ts';
import { DeleteParameter, DeleteParameters } from './delete.ts';
import { findVersion } from './find.ts';
import { LabelParameterVersion, UnlabelParameterVersion } from './labels.ts';
import { describeParameters, getParametersByPath } from './list.ts';
import { readReference } from './names.ts';
import { putParameter } from './put.ts';
import { getParameter, getParameterHistory, getParameters } from './read.ts';

/** Whoever gives some parameters a meaning: asked and told within the transaction of a call of the API. */
export interface ParameterWatch {
  /** Before a parameter is written or deleted. Throws AwsError to refuse it. */
  readonly beforeChange: (call: Call, name: string) => Promise<void>;
  readonly beforeDelete: (call: Call, name: string) => Promise<void>;
  /** `value` is null for a SecureString. */
  readonly afterPut: (call: Call, name: string, value: string | null) => Promise<void>;
}

/** Parameter Store; `sealer` encrypts the values of SecureString parameters at rest. */
export function parameterOperations({ sealer, watch }: { sealer: Sealer; watch?: ParameterWatch }): Operations {
  const deleting = async (call: Call, names: readonly string[]) => {
    for (const given of watch === undefined ? [] : names) {
      const name = readReference(call, given)?.names.at(-1) ?? given;
      await watch?.beforeChange(call, name);
      await watch?.beforeDelete(call, name);
    }
  };
  return {
    DeleteParameter: async (call: Call, input: DeleteParameterRequest) => {
      await deleting(call, [input.Name ?? '']);
      return DeleteParameter(call, input);
    },
    DeleteParameters: async (call: Call, input: DeleteParametersRequest) => {
      await deleting(call, input.Names ?? []);
      return DeleteParameters(call, input);
    },
    DescribeParameters: describeParameters,
    GetParameter: (call: Call, input: GetParameterRequest) => getParameter(sealer, call, input),
    GetParameterHistory: (call: Call, input: GetParameterHistoryRequest) => getParameterHistory(sealer, call, input),
    GetParameters: (call: Call, input: GetParametersRequest) => getParameters(sealer, call, input),
    GetParametersByPath: (call: Call, input: GetParametersByPathRequest) => getParametersByPath(sealer, call, input),
    LabelParameterVersion,
    PutParameter: async (call: Call, input: PutParameterRequest) => {
      const name = (input.Name ?? '').trim();
      await watch?.beforeChange(call, name);
      const answer = await putParameter(sealer, call, input);
      await watch?.afterPut(call, name, input.Type === 'SecureString' ? null : (input.Value ?? null));
      return answer;
    },
    UnlabelParameterVersion,
  };
}

/** For tags: whether there is a parameter of exactly this name. */
export async function parameterExists(call: Call, name: string): Promise<boolean> {
  const reference = readReference(call, name);
  if (reference === null || reference.selector !== '' || reference.names[0] !== name) return false;
  return (await findVersion(call, reference)) !== null;
}
