import { and, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type NodeRow, node } from '../../store/schema/nodes.ts';
import { tagsOf } from '../tags/tags.ts';

/** One registered node; null where there is none of this id in the account. */
export async function findNode(db: Database, account: string, instanceId: string): Promise<NodeRow | null> {
  const rows = await db
    .select()
    .from(node)
    .where(and(eq(node.account, account), eq(node.instanceId, instanceId)));
  return rows[0] ?? null;
}

/** AWS knows both spellings, and no other. https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-patch-groups.html */
const PATCH_GROUP_KEYS = ['Patch Group', 'PatchGroup'];

/** The node's patch group; null for one that is in none. A node with both tags is in the group of `Patch Group`. */
export async function patchGroupOf(db: Database, account: string, instanceId: string): Promise<string | null> {
  const tags = new Map(
    (await tagsOf(db, account, 'ManagedInstance', instanceId)).map(({ Key, Value }) => [Key, Value]),
  );
  return PATCH_GROUP_KEYS.map((key) => tags.get(key)).find((value) => value !== undefined && value !== '') ?? null;
}
