import { and, asc, eq, type SQL } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { node } from '../../store/schema/nodes.ts';
import { nodeCondition } from './node-filters.ts';

export interface Target {
  readonly Key?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

/**
 * The ids of the account's nodes that meet every target (values of one are alternatives), the longest registered
 * first. Keys are `InstanceIds`, `tag:<key>` and `tag-key`; there are no resource groups here, and a target that names
 * one is refused with ValidationException rather than taken for an empty group.
 */
export async function nodesByTargets(db: Database, account: string, targets: readonly Target[]): Promise<string[]> {
  if (targets.length === 0) return [];
  const rows = await db
    .select({ id: node.instanceId })
    .from(node)
    .where(and(eq(node.account, account), ...targets.map(conditionOf)))
    .orderBy(asc(node.registeredAt), asc(node.instanceId));
  return rows.map(({ id }) => id);
}

function conditionOf({ Key = '', Values = [] }: Target): SQL {
  const key = /^instanceids$/i.test(Key) ? 'InstanceIds' : Key;
  const isKnown = key === 'InstanceIds' || key === 'tag-key' || /^tag:./s.test(key);
  // The time plays no part: a target is never by ping status.
  const condition = isKnown ? nodeCondition({ key, values: Values }, new Date(0)) : null;
  if (Key.includes('\0') || Values.some((value) => value.includes('\0')))
    throw new AwsError('ValidationException', 'A target holds a character that no node can have.');
  if (condition === null) throw new AwsError('ValidationException', refusal(Key));
  return condition;
}

function refusal(key: string): string {
  return key.startsWith('resource-groups:')
    ? 'Resource groups are not kept here: target nodes by InstanceIds, tag:<key> or tag-key.'
    : `Nodes are not targeted by ${key}: use InstanceIds, tag:<key> or tag-key.`;
}
