import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Inventory } from '../../core/compliance/inventory.ts';
import { type Entry, inventoryItem } from '../../store/schema/inventory.ts';
import type { Call } from '../call.ts';
import { storable } from '../patch-manager/storable.ts';
import { applicationRow } from './gathering/application-row.ts';
import { keepItems } from './put.ts';

/**
 * Keeps AWS:Application of a node true after a scan or install, which know its packages anyway. An entry of a version
 * that was told before stays as it was, for a gathering knows more of it (publisher, summary, time).
 */
export async function keepScannedApplications(
  call: Pick<Call, 'db' | 'account' | 'now'>,
  instanceId: string,
  { packages }: Pick<Inventory, 'packages'>,
): Promise<void> {
  const [known] = await call.db
    .select({ content: inventoryItem.content })
    .from(inventoryItem)
    .where(
      and(
        eq(inventoryItem.account, call.account),
        eq(inventoryItem.instanceId, instanceId),
        eq(inventoryItem.typeName, 'AWS:Application'),
      ),
    );
  const before = new Map((known?.content ?? []).map((entry) => [keyOf(entry), entry]));
  const Content = packages
    .filter(({ status }) => status === 'installed')
    .map((one) => storable(applicationRow(one)))
    .map((entry) => before.get(keyOf(entry)) ?? entry);
  const ContentHash = createHash('sha256').update(JSON.stringify(Content)).digest('hex');
  const CaptureTime = call.now.toISOString().replace(/\.\d+/, '');
  const item = { TypeName: 'AWS:Application', SchemaVersion: '1.1', CaptureTime, ContentHash, Content };
  await keepItems(call, instanceId, [item]);
}

function keyOf({ Name = '', Architecture = '', Epoch = '', Version = '', Release = '' }: Entry): string {
  return [Name, Architecture, Epoch, Version, Release].join('\n');
}
