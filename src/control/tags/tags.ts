import type { ResourceTypeForTagging } from '@aws-sdk/client-ssm';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { resourceTag } from '../../store/schema/tags.ts';

/** What can carry tags: AWS's kinds of Systems Manager, and what Step Functions tags by ARN. */
export type Taggable = ResourceTypeForTagging | 'StateMachine';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** A resource has 50 tags at the most. https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html */
export const MAX_TAGS = 50;

/**
 * Adds tags and overwrites the values of those that are there; of a key that is given twice the last value holds.
 * All or none: throws TooManyTagsError when the resource would have more than 50, ValidationException for a key that
 * begins with `aws:`. The resource's existence is the caller's matter.
 */
export async function putTags(
  db: Database,
  account: string,
  type: Taggable,
  id: string,
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[],
): Promise<void> {
  const wanted = new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  if (wanted.size === 0) return;
  refuseReserved([...wanted.keys()]);
  if (wanted.size > MAX_TAGS) throw tooMany();
  await db.transaction(async (tx) => {
    // Two callers that each add less than the limit allows must not exceed it together.
    const [, present] = await Promise.all([
      tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`tag ${account} ${type} ${id}`}, 0))`),
      tx
        .select({ key: resourceTag.key })
        .from(resourceTag)
        .where(ofResource(account, type, id)),
    ]);
    const all = new Set([...present.map(({ key }) => key), ...wanted.keys()]);
    if (all.size > MAX_TAGS) throw tooMany();
    await tx
      .insert(resourceTag)
      .values([...wanted].map(([key, value]) => ({ account, resourceType: type, resourceId: id, key, value })))
      .onConflictDoUpdate({
        target: [resourceTag.account, resourceTag.resourceType, resourceTag.resourceId, resourceTag.key],
        set: { value: sql`excluded.value` },
      });
  });
}

/** The tags of one resource in order of their keys; empty for one that has none or is unknown. */
export async function tagsOf(db: Database, account: string, type: Taggable, id: string): Promise<Tag[]> {
  return db
    .select({ Key: resourceTag.key, Value: resourceTag.value })
    .from(resourceTag)
    .where(ofResource(account, type, id))
    .orderBy(asc(resourceTag.key));
}

/** The ids of the resources whose tag `key` has one of `values`, or any value where `values` is absent, in order. */
export async function resourcesByTag(
  db: Database,
  account: string,
  type: Taggable,
  key: string,
  values?: readonly string[],
): Promise<string[]> {
  const ofKey = and(eq(resourceTag.account, account), eq(resourceTag.resourceType, type), eq(resourceTag.key, key));
  const rows = await db
    .select({ id: resourceTag.resourceId })
    .from(resourceTag)
    .where(values === undefined ? ofKey : and(ofKey, inArray(resourceTag.value, [...values])))
    .orderBy(asc(resourceTag.resourceId));
  return rows.map(({ id }) => id);
}

/** Takes the tags with these keys off; keys that are not there are passed over. */
export async function removeTags(
  db: Database,
  account: string,
  type: Taggable,
  id: string,
  keys: readonly string[],
): Promise<void> {
  const distinct = [...new Set(keys)];
  refuseReserved(distinct);
  if (distinct.length === 0) return;
  // One parameter whatever the number of keys: a statement holds 65,535 of them at the most.
  await db
    .delete(resourceTag)
    .where(and(ofResource(account, type, id), sql`${resourceTag.key} = ANY(${sql.param(distinct)}::text[])`));
}

/** For the deletion of the resource itself. */
export async function deleteAllTags(db: Database, account: string, type: Taggable, id: string): Promise<void> {
  await db.delete(resourceTag).where(ofResource(account, type, id));
}

function ofResource(account: string, type: Taggable, id: string) {
  return and(eq(resourceTag.account, account), eq(resourceTag.resourceType, type), eq(resourceTag.resourceId, id));
}

function refuseReserved(keys: readonly string[]): void {
  if (keys.some((key) => key.toLowerCase().startsWith('aws:')))
    throw new AwsError('ValidationException', 'aws: prefixed tag key names are not allowed for external use.');
}

function tooMany(): AwsError {
  return new AwsError('TooManyTagsError', `A resource can have ${MAX_TAGS} tags at the most.`);
}
