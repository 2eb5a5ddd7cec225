import { and, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { inventoryItem } from '../../store/schema/inventory.ts';
import type { Operations } from '../call.ts';
import { DeleteInventory, DescribeInventoryDeletions } from './delete.ts';
import { ListInventoryEntries } from './entries.ts';
import { GetInventory } from './get.ts';
import { PutInventory } from './put.ts';
import { GetInventorySchema } from './schemas.ts';

export const inventoryOperations: Operations = {
  DeleteInventory,
  DescribeInventoryDeletions,
  GetInventory,
  GetInventorySchema,
  ListInventoryEntries,
  PutInventory,
};

/** For a node that leaves. */
export async function dropInventory(db: Database, account: string, instanceId: string): Promise<void> {
  await db
    .delete(inventoryItem)
    .where(and(eq(inventoryItem.account, account), eq(inventoryItem.instanceId, instanceId)));
}
