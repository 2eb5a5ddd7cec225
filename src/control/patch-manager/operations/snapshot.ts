import type {
  GetDeployablePatchSnapshotForInstanceRequest,
  GetDeployablePatchSnapshotForInstanceResult,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../../core/aws-error.ts';
import type { PatchBaseline } from '../../../core/baselines/types.ts';
import type { Call, Operation } from '../../call.ts';
import { patchGroupOf } from '../../managed-nodes/nodes.ts';
import { acceptBaseline } from '../baseline-check.ts';
import type { FindPatchNode } from '../patch-nodes.ts';
import { issueSnapshotToken, patchSnapshotOf } from '../snapshots.ts';

/** The address under which the gateway serves `snapshotByToken`. */
export type SnapshotUrl = (call: Call, token: string) => string;

type Input = GetDeployablePatchSnapshotForInstanceRequest;
type Output = GetDeployablePatchSnapshotForInstanceResult;

/**
 * The snapshot of a node under an id, frozen at the first call for the node's patch group and operating system. A node
 * may ask for itself alone. Errors: AccessDeniedException, UnsupportedOperatingSystem, ValidationException.
 */
export function snapshotOperation(findNode: FindPatchNode, urlOf: SnapshotUrl): Operation<Input, Output> {
  return async function GetDeployablePatchSnapshotForInstance(call, input) {
    const { InstanceId = '', SnapshotId = '', BaselineOverride } = input;
    const { instanceId } = call.principal;
    if (instanceId !== null && instanceId !== InstanceId)
      throw new AwsError('AccessDeniedException', `${instanceId} may not ask for the snapshot of ${InstanceId}.`);
    const node = await findNode(call, InstanceId);
    const os = node?.operatingSystem ?? null;
    if (node === null || os === null) {
      const why = node === null ? 'is no managed node' : 'has no operating system that patch baselines are for';
      throw new AwsError('UnsupportedOperatingSystem', `${InstanceId} ${why}.`);
    }
    const override = BaselineOverride ? overrideOf(BaselineOverride, os) : null;
    const patchGroup = await patchGroupOf(call.db, call.account, InstanceId);
    const key = { account: call.account, patchGroup, operatingSystem: os, snapshotId: SnapshotId };
    await patchSnapshotOf(call.db, key, call.now, override);
    const token = await issueSnapshotToken(call.db, key, call.now);
    return {
      InstanceId,
      SnapshotId,
      SnapshotDownloadUrl: urlOf(call, token),
      ...(node.product !== null && { Product: node.product }),
    };
  };
}

function overrideOf(override: NonNullable<Input['BaselineOverride']>, os: string): PatchBaseline {
  const { OperatingSystem: given = os } = override;
  if (given !== os) {
    const text = `The baseline override is for ${given}, and the node is ${os}.`;
    throw new AwsError('ValidationException', text);
  }
  return acceptBaseline({ ...override, OperatingSystem: os, Name: 'BaselineOverride' });
}
