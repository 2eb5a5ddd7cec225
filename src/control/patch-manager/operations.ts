import type { Operations } from '../call.ts';
import { DescribeAvailablePatches } from './operations/available-patches.ts';
import { DeletePatchBaseline, GetPatchBaseline, UpdatePatchBaseline } from './operations/baselines.ts';
import { CreatePatchBaseline } from './operations/create-baseline.ts';
import { DescribePatchBaselines } from './operations/describe-baselines.ts';
import { DescribePatchGroups } from './operations/describe-groups.ts';
import { DescribeEffectivePatchesForPatchBaseline } from './operations/effective-patches.ts';
import { DescribePatchGroupState } from './operations/group-state.ts';
import { instancePatchesOperation } from './operations/instance-patches.ts';
import { DescribeInstancePatchStates, DescribeInstancePatchStatesForPatchGroup } from './operations/instance-states.ts';
import { DescribePatchProperties } from './operations/patch-properties.ts';
import {
  DeregisterPatchBaselineForPatchGroup,
  GetDefaultPatchBaseline,
  GetPatchBaselineForPatchGroup,
  RegisterDefaultPatchBaseline,
  RegisterPatchBaselineForPatchGroup,
} from './operations/registrations.ts';
import { type SnapshotUrl, snapshotOperation } from './operations/snapshot.ts';
import type { FindPatchNode } from './patch-nodes.ts';

/** The 19 operations of Patch Manager. */
export function patchOperations(known: { findNode: FindPatchNode; snapshotUrl: SnapshotUrl }): Operations {
  return {
    CreatePatchBaseline,
    GetPatchBaseline,
    UpdatePatchBaseline,
    DeletePatchBaseline,
    DescribePatchBaselines,
    RegisterDefaultPatchBaseline,
    GetDefaultPatchBaseline,
    RegisterPatchBaselineForPatchGroup,
    DeregisterPatchBaselineForPatchGroup,
    GetPatchBaselineForPatchGroup,
    DescribePatchGroups,
    DescribePatchGroupState,
    DescribePatchProperties,
    DescribeAvailablePatches,
    DescribeEffectivePatchesForPatchBaseline,
    GetDeployablePatchSnapshotForInstance: snapshotOperation(known.findNode, known.snapshotUrl),
    DescribeInstancePatches: instancePatchesOperation(known.findNode),
    DescribeInstancePatchStates,
    DescribeInstancePatchStatesForPatchGroup,
  };
}
