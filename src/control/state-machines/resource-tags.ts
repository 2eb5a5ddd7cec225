import type { Tag } from '@aws-sdk/client-sfn';
import { AwsError } from '../../core/aws-error.ts';
import type { Call } from '../call.ts';
import { deleteAllTags, putTags, removeTags, tagsOf } from '../tags/tags.ts';

/** Tags of state machines and activities are kept under their ARN. */
const TYPE = 'StateMachine';

/** Throws TooManyTags for more than 50. */
export async function tagResource(call: Call, arn: string, tags: readonly Tag[]): Promise<void> {
  try {
    const wanted = tags.map(({ key, value }) => ({ Key: key, Value: value ?? '' }));
    await putTags(call.db, call.account, TYPE, arn, wanted);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'TooManyTagsError') throw error;
    throw new AwsError('TooManyTags', error.message, { fields: { resourceName: arn } });
  }
}

export async function untagResource(call: Call, arn: string, keys: readonly string[]): Promise<void> {
  await removeTags(call.db, call.account, TYPE, arn, keys);
}

export async function tagsOfResource(call: Call, arn: string): Promise<Tag[]> {
  const tags = await tagsOf(call.db, call.account, TYPE, arn);
  return tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

export async function dropTags(call: Call, arn: string): Promise<void> {
  await deleteAllTags(call.db, call.account, TYPE, arn);
}
