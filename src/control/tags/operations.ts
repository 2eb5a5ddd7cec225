import type {
  AddTagsToResourceRequest,
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  RemoveTagsFromResourceRequest,
  ResourceTypeForTagging,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../core/aws-error.ts';
import type { Call, Operations } from '../call.ts';
import { putTags, removeTags, tagsOf } from './tags.ts';

/** Tells whether a resource is there, for each kind that this server keeps; a kind that is absent cannot be tagged. */
export type ResourceExists = Readonly<
  Partial<Record<ResourceTypeForTagging, (call: Call, id: string) => Promise<boolean>>>
>;

interface Resource {
  readonly ResourceType?: ResourceTypeForTagging | undefined;
  readonly ResourceId?: string | undefined;
}

/**
 * The three tag operations over the kinds of `resourceExists`. Errors: InvalidResourceType, InvalidResourceId,
 * TooManyTagsError. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html
 */
export function tagOperations(resourceExists: ResourceExists): Operations {
  async function known(call: Call, { ResourceType, ResourceId = '' }: Resource) {
    const exists = ResourceType === undefined ? undefined : resourceExists[ResourceType];
    if (ResourceType === undefined || exists === undefined)
      throw new AwsError('InvalidResourceType', 'Invalid Resource Type');
    const isThere = ResourceId !== '' && !ResourceId.includes('\0') && (await exists(call, ResourceId));
    if (!isThere) throw new AwsError('InvalidResourceId', 'Invalid Resource Id');
    return { type: ResourceType, id: ResourceId };
  }

  async function AddTagsToResource(call: Call, input: AddTagsToResourceRequest): Promise<object> {
    const { type, id } = await known(call, input);
    await putTags(call.db, call.account, type, id, input.Tags ?? []);
    return {};
  }

  async function ListTagsForResource(
    call: Call,
    input: ListTagsForResourceRequest,
  ): Promise<ListTagsForResourceResult> {
    const { type, id } = await known(call, input);
    return { TagList: await tagsOf(call.db, call.account, type, id) };
  }

  async function RemoveTagsFromResource(call: Call, input: RemoveTagsFromResourceRequest): Promise<object> {
    const { type, id } = await known(call, input);
    await removeTags(call.db, call.account, type, id, input.TagKeys ?? []);
    return {};
  }

  return { AddTagsToResource, ListTagsForResource, RemoveTagsFromResource };
}
