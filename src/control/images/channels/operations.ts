import { type OwnOperations, ownOperation } from '../../own-operation.ts';
import { approveImage, DecideInput, rejectImage } from './approval-decide.ts';
import { ApprovalsInput, describeApprovals } from './approval-list.ts';
import { RequestInput, requestApproval } from './approval-request.ts';
import {
  ChannelsInput,
  CheckInput,
  describeChannels,
  describeImages,
  describeRevocation,
  HistoryInput,
  ImagesInput,
  listHistory,
} from './describe.ts';
import { PromoteInput, promoteImage } from './promote.ts';
import { PruneInput, type PruneNeeds, pruneImages } from './prune.ts';
import { RegisterInput, type RegisterNeeds, registerImage } from './register.ts';
import { RevokeInput, revokeImage } from './revoke.ts';
import { RolloutInput, startImageRollout } from './rollout.ts';
import { describeRollouts, RolloutsInput } from './rollout-list.ts';

export interface ImageNeeds extends RegisterNeeds, PruneNeeds {
  /** Twelve or so letters and digits, never the same twice. */
  readonly newId: () => string;
}

/** Images and the channels that point to them: registration, approval, promotion, revocation, rollout, pruning. */
export function imageOperations(needs: ImageNeeds): OwnOperations {
  return {
    RegisterImage: ownOperation(RegisterInput, (call, input) => registerImage(needs, call, input)),
    PromoteImage: ownOperation(PromoteInput, (call, input) => promoteImage(needs, call, input)),
    RevokeImage: ownOperation(RevokeInput, (call, input) => revokeImage(needs, call, input)),
    RequestImageApproval: ownOperation(RequestInput, (call, input) => requestApproval(needs.newId, call, input)),
    ApproveImage: ownOperation(DecideInput, approveImage),
    RejectImage: ownOperation(DecideInput, (call, input) => rejectImage(needs, call, input)),
    StartImageRollout: ownOperation(RolloutInput, (call, input) => startImageRollout(needs.newId, call, input)),
    PruneImages: ownOperation(PruneInput, (call, input) => pruneImages(needs, call, input)),
    DescribeImages: ownOperation(ImagesInput, describeImages),
    DescribeImageChannels: ownOperation(ChannelsInput, describeChannels),
    DescribeImageRevocation: ownOperation(CheckInput, describeRevocation),
    DescribeImageApprovals: ownOperation(ApprovalsInput, describeApprovals),
    DescribeImageRollouts: ownOperation(RolloutsInput, describeRollouts),
    ListImageChannelHistory: ownOperation(HistoryInput, listHistory),
  };
}
