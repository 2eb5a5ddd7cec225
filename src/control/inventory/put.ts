import type { InventoryItem, PutInventoryRequest, PutInventoryResult } from '@aws-sdk/client-ssm';
import { and, eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { type Entry, inventoryItem, inventorySchema } from '../../store/schema/inventory.ts';
import type { Call } from '../call.ts';
import { findNode } from '../managed-nodes/nodes.ts';
import { REPORT_TYPES, takePatchReport } from '../patch-manager/reported/take-report.ts';
import { storable } from '../patch-manager/storable.ts';
import { AWS_TYPES } from './types.data.ts';
import { checkSpeaker, checkTypeName, compareVersions, INSTANCE_INFORMATION, isCustom } from './types.ts';

const MIB = 1024 * 1024;
/** What the agent itself sends at the most, so that no node meets a limit here that it did not meet before. */
const MAX_ITEM_BYTES = 3 * MIB;
const MAX_TOTAL_BYTES = 10 * MIB;
/** https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm */
const MAX_CUSTOM_TYPES = 20;
const MAX_ATTRIBUTES = 50;
const CONTEXT_KEYS = ['ComplianceType', 'ExecutionId', 'ExecutionType', 'ExecutionTime'];

interface Checked {
  readonly typeName: string;
  readonly version: string;
  readonly captureTime: string;
  readonly hash: string | null;
  readonly context: Entry | null;
  /** null: the same as was told before under this hash. */
  readonly content: { readonly entries: Entry[]; readonly bytes: number } | null;
}

/**
 * Keeps what a node tells of itself, all items or none. An item without content says that its content is the one told
 * before with the same hash: where that is not here, ItemContentMismatchException makes the agent send it in full.
 * Further errors: InvalidInstanceId, InvalidTypeNameException, InvalidItemContentException,
 * ItemSizeLimitExceededException (3 MiB), TotalSizeLimitExceededException (10 MiB),
 * CustomSchemaCountLimitExceededException (20), UnsupportedInventorySchemaVersionException,
 * UnsupportedInventoryItemContextException, InvalidInventoryItemContextException.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutInventory.html
 */
export async function PutInventory(call: Call, input: PutInventoryRequest): Promise<PutInventoryResult> {
  const instanceId = input.InstanceId ?? '';
  checkSpeaker(call, instanceId);
  if ((await findNode(call.db, call.account, instanceId)) === null)
    throw new AwsError('InvalidInstanceId', `Instance Id ${instanceId} is not a managed node of this account.`);
  await keepItems(call, instanceId, input.Items ?? []);
  return { Message: 'Inventory was put successfully.' };
}

type Keeping = Pick<Call, 'db' | 'account' | 'now'>;

/** The same for what the server gathers itself. Throws the errors that are about the items. */
export async function keepItems(call: Keeping, instanceId: string, given: readonly InventoryItem[]): Promise<void> {
  const items = given.map(checkItem);
  const total = items.reduce((sum, { content }) => sum + (content?.bytes ?? 0), 0);
  if (total > MAX_TOTAL_BYTES)
    throw new AwsError(
      'TotalSizeLimitExceededException',
      `The items have ${total} bytes, and ${MAX_TOTAL_BYTES} are allowed.`,
    );
  const twice = items.find(({ typeName }, at) => items.findIndex((item) => item.typeName === typeName) !== at);
  if (twice !== undefined) throw aboutType('InvalidItemContentException', twice.typeName, 'The type is given twice.');
  await call.db.transaction(async (db) => {
    const tx = { account: call.account, now: call.now, db };
    // In one order whatever the request's: two reports at the same time must not wait for each other.
    for (const item of items.toSorted((a, b) => (a.typeName < b.typeName ? -1 : 1))) {
      if (isCustom(item.typeName) && !(await takesCustom(tx, item))) continue;
      await keep(tx, instanceId, item);
    }
    const isReport = REPORT_TYPES.every((type) => items.some(({ typeName }) => typeName === type));
    if (isReport) await takePatchReport(tx, instanceId);
  });
}

function checkItem({ TypeName = '', SchemaVersion = '', CaptureTime = '', ...item }: InventoryItem): Checked {
  checkTypeName(TypeName);
  if (TypeName === INSTANCE_INFORMATION)
    throw new AwsError('InvalidTypeNameException', `${TypeName} is kept by the service itself.`);
  const versions = AWS_TYPES[TypeName]?.versions;
  if (versions?.includes(SchemaVersion) === false) {
    const message = `The schema version ${SchemaVersion} of ${TypeName} is not supported. Supported: ${versions.join(', ')}.`;
    throw new AwsError('UnsupportedInventorySchemaVersionException', message);
  }
  const entries = item.Content === undefined ? null : item.Content.map(storableEntry);
  const bytes = entries === null ? 0 : Buffer.byteLength(JSON.stringify(entries));
  if (bytes > MAX_ITEM_BYTES) {
    const message = `The content has ${bytes} bytes, and ${MAX_ITEM_BYTES} are allowed.`;
    throw aboutType('ItemSizeLimitExceededException', TypeName, message);
  }
  if (entries === null && !item.ContentHash)
    throw aboutType(
      'InvalidItemContentException',
      TypeName,
      'An item needs its content, or the hash of the one told before.',
    );
  return {
    typeName: TypeName,
    version: SchemaVersion,
    captureTime: CaptureTime,
    hash: item.ContentHash ? storable(item.ContentHash) : null,
    context: checkContext(TypeName, item.Context),
    content: entries === null ? null : { entries, bytes },
  };
}

function checkContext(typeName: string, context: Entry | undefined): Entry | null {
  if (context === undefined || Object.keys(context).length === 0) return null;
  if (typeName !== 'AWS:ComplianceItem')
    throw aboutType('UnsupportedInventoryItemContextException', typeName, `${typeName} takes no Context.`);
  const unknown = Object.keys(context).find((key) => !CONTEXT_KEYS.includes(key));
  if (unknown !== undefined)
    throw new AwsError('InvalidInventoryItemContextException', `The Context has no such key: ${unknown}`);
  return storableEntry(context);
}

function storableEntry(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [storable(key), storable(value)]));
}

/** Brings the custom type's schema up to date. False: this version was disabled, and what it tells is ignored. */
async function takesCustom(tx: Keeping, { typeName, version, content }: Checked): Promise<boolean> {
  await tx.db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`inventory types ${tx.account}`}, 0))`);
  const schemas = await tx.db.select().from(inventorySchema).where(eq(inventorySchema.account, tx.account));
  const known = schemas.find((schema) => schema.typeName === typeName);
  if (known === undefined && schemas.length >= MAX_CUSTOM_TYPES) {
    const message = `An account can have ${MAX_CUSTOM_TYPES} custom inventory types. Delete one or more custom schemas and try again.`;
    throw new AwsError('CustomSchemaCountLimitExceededException', message);
  }
  const disabled = known?.disabledVersion ?? null;
  if (disabled !== null && compareVersions(version, disabled) <= 0) return false;
  const names = new Set([...(known?.attributes ?? []), ...(content?.entries ?? []).flatMap(Object.keys)]);
  const attributes = [...names].slice(0, MAX_ATTRIBUTES);
  const newest = known !== undefined && compareVersions(known.version, version) > 0 ? known.version : version;
  const isSame = newest === known?.version && attributes.length === known.attributes.length && disabled === null;
  if (isSame) return true;
  const change = { version: newest, attributes, disabledVersion: null };
  await tx.db
    .insert(inventorySchema)
    .values({ account: tx.account, typeName, ...change })
    .onConflictDoUpdate({ target: [inventorySchema.account, inventorySchema.typeName], set: change });
  return true;
}

async function keep(tx: Keeping, instanceId: string, item: Checked): Promise<void> {
  const { typeName, version, captureTime, hash, context, content } = item;
  const key = { account: tx.account, instanceId, typeName };
  const isIt = and(
    eq(inventoryItem.account, key.account),
    eq(inventoryItem.instanceId, key.instanceId),
    eq(inventoryItem.typeName, typeName),
  );
  if (hash !== null) {
    const same = await tx.db
      .update(inventoryItem)
      .set({ captureTime, ...(context === null ? {} : { context }) })
      .where(and(isIt, eq(inventoryItem.contentHash, hash), eq(inventoryItem.schemaVersion, version)))
      .returning({ typeName: inventoryItem.typeName });
    if (same.length > 0) return;
  }
  if (content === null) {
    const message = 'The content that this hash stands for is not here. Send the item with its content.';
    throw aboutType('ItemContentMismatchException', typeName, message);
  }
  const row = {
    schemaVersion: version,
    captureTime,
    contentHash: hash,
    context,
    content: content.entries,
    bytes: content.bytes,
  };
  await tx.db
    .insert(inventoryItem)
    .values({ ...key, ...row })
    .onConflictDoUpdate({
      target: [inventoryItem.account, inventoryItem.instanceId, inventoryItem.typeName],
      set: row,
    });
}

function aboutType(code: string, TypeName: string, message: string): AwsError {
  return new AwsError(code, message, { fields: { TypeName } });
}
