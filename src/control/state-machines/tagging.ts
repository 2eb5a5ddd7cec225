import type { Tag } from '@aws-sdk/client-sfn';
import { AwsError } from '../../core/aws-error.ts';
import type { Call, Operations } from '../call.ts';
import { findActivity } from './activities.ts';
import { activityArn, invalidArn, readActivityArn, readStateMachineArn, stateMachineArn } from './arns.ts';
import { findStateMachine } from './find.ts';
import { tagResource, tagsOfResource, untagResource } from './resource-tags.ts';

async function known(call: Call, arn: string): Promise<string> {
  const kind = arn.split(':')[5];
  if (kind === 'stateMachine') {
    const { name, qualifier } = readStateMachineArn(call, arn);
    if (qualifier !== null) throw invalidArn(`Resource type not valid in this context: ${arn}`);
    if ((await findStateMachine(call.db, call.account, name)) !== null) return stateMachineArn(call, name);
  } else {
    const name = readActivityArn(call, arn);
    if ((await findActivity(call.db, call.account, name)) !== null) return activityArn(call, name);
  }
  throw new AwsError('ResourceNotFound', `Resource not found: '${arn}'`, { fields: { resourceName: arn } });
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html and its neighbours. */
export const taggingOperations: Operations = {
  TagResource: async (call: Call, input: { resourceArn?: string; tags?: Tag[] }) => {
    await tagResource(call, await known(call, input.resourceArn ?? ''), input.tags ?? []);
    return {};
  },
  UntagResource: async (call: Call, input: { resourceArn?: string; tagKeys?: string[] }) => {
    await untagResource(call, await known(call, input.resourceArn ?? ''), input.tagKeys ?? []);
    return {};
  },
  ListTagsForResource: async (call: Call, input: { resourceArn?: string }) => ({
    tags: await tagsOfResource(call, await known(call, input.resourceArn ?? '')),
  }),
};
