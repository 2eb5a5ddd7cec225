import type {
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

/** Parameter Store; `sealer` encrypts the values of SecureString parameters at rest. */
export function parameterOperations({ sealer }: { readonly sealer: Sealer }): Operations {
  return {
    DeleteParameter,
    DeleteParameters,
    DescribeParameters: describeParameters,
    GetParameter: (call: Call, input: GetParameterRequest) => getParameter(sealer, call, input),
    GetParameterHistory: (call: Call, input: GetParameterHistoryRequest) => getParameterHistory(sealer, call, input),
    GetParameters: (call: Call, input: GetParametersRequest) => getParameters(sealer, call, input),
    GetParametersByPath: (call: Call, input: GetParametersByPathRequest) => getParametersByPath(sealer, call, input),
    LabelParameterVersion,
    PutParameter: (call: Call, input: PutParameterRequest) => putParameter(sealer, call, input),
    UnlabelParameterVersion,
  };
}

/** For tags: whether there is a parameter of exactly this name. */
export async function parameterExists(call: Call, name: string): Promise<boolean> {
  const reference = readReference(call, name);
  if (reference === null || reference.selector !== '' || reference.names[0] !== name) return false;
  return (await findVersion(call, reference)) !== null;
}
