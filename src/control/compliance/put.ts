import type { ComplianceExecutionSummary, ComplianceItemEntry, PutComplianceItemsRequest } from '@aws-sdk/client-ssm';
import { and, eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { compliance, type StoredExecution, type StoredItem } from '../../store/schema/compliance.ts';
import type { Call } from '../call.ts';
import { checkSpeaker } from '../inventory/types.ts';
import { findNode } from '../managed-nodes/nodes.ts';
import { storable } from '../patch-manager/storable.ts';
import { countItems, overallSeverity, statusOf } from './severities.ts';

export const RESOURCE_TYPE = 'ManagedInstance';
const MAX_CUSTOM_TYPES = 10;
const MAX_ITEM_BYTES = 64 * 1024;
const MAX_TOTAL_BYTES = 10 * 1024 * 1024;

/**
 * Replaces what is known of one type of compliance of a node; with `UploadType` PARTIAL, which is for associations,
 * only the items of the same ids. The same ItemContentHash as before changes nothing.
 * Errors: InvalidResourceType, InvalidResourceId, ComplianceTypeCountLimitExceededException (10 custom types a node),
 * InvalidItemContentException, ItemSizeLimitExceededException (64 KiB), TotalSizeLimitExceededException (10 MiB).
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutComplianceItems.html
 */
export async function PutComplianceItems(call: Call, input: PutComplianceItemsRequest): Promise<object> {
  const { ResourceId = '', ComplianceType = '', UploadType = 'COMPLETE' } = input;
  if (input.ResourceType !== RESOURCE_TYPE)
    throw new AwsError('InvalidResourceType', `The resource type is not valid: ${input.ResourceType}`);
  checkSpeaker(call, ResourceId);
  if (ResourceId.includes('\0') || (await findNode(call.db, call.account, ResourceId)) === null)
    throw new AwsError('InvalidResourceId', `${ResourceId} is not a managed node of this account.`);
  if (!/^(?:Association|Patch|Custom:.+)$/.test(ComplianceType))
    throw new AwsError(
      'ValidationException',
      'ComplianceType is Association, Patch, or a name that begins with Custom:.',
    );
  if (UploadType === 'PARTIAL' && ComplianceType !== 'Association')
    throw new AwsError('ValidationException', 'The UploadType PARTIAL is only valid for association compliance.');
  const execution = executionOf(input.ExecutionSummary);
  const items = checkItems(input.Items ?? [], ComplianceType, execution);
  await call.db.transaction(async (db) => {
    await db.execute(
      sql`SELECT pg_advisory_xact_lock(hashtextextended(${`compliance ${call.account} ${ResourceId}`}, 0))`,
    );
    await store({ ...call, db }, input, execution, items);
  });
  return {};
}

function executionOf(summary: ComplianceExecutionSummary | undefined): StoredExecution {
  const { ExecutionTime, ExecutionId, ExecutionType } = summary ?? {};
  if (ExecutionTime === undefined) throw new AwsError('ValidationException', 'ExecutionSummary needs ExecutionTime.');
  const text = (value: string | undefined) => (value === undefined ? null : storable(value));
  return { time: ExecutionTime.toISOString(), id: text(ExecutionId), type: text(ExecutionType) };
}

function checkItems(
  entries: readonly ComplianceItemEntry[],
  type: string,
  execution: StoredExecution,
): Map<string, StoredItem> {
  const items = new Map<string, StoredItem>();
  let total = 0;
  for (const entry of entries) {
    const item = itemOf(entry, execution);
    const fields = { TypeName: type };
    if (items.has(item.id))
      throw new AwsError('InvalidItemContentException', `The item ${item.id} is given twice.`, { fields });
    const bytes = Buffer.byteLength(JSON.stringify(item));
    if (bytes > MAX_ITEM_BYTES) {
      const message = `The item ${item.id} has ${bytes} bytes, and ${MAX_ITEM_BYTES} are allowed.`;
      throw new AwsError('ItemSizeLimitExceededException', message, { fields });
    }
    total += bytes;
    items.set(item.id, item);
  }
  if (total > MAX_TOTAL_BYTES)
    throw new AwsError(
      'TotalSizeLimitExceededException',
      `The items have ${total} bytes, and ${MAX_TOTAL_BYTES} are allowed.`,
    );
  return items;
}

function itemOf(
  { Id = '', Title = '', Severity, Status, Details = {} }: ComplianceItemEntry,
  execution: StoredExecution,
): StoredItem {
  const details = Object.entries(Details).map(([key, value]) => [storable(key), storable(value)]);
  return {
    id: storable(Id),
    title: storable(Title),
    severity: Severity ?? 'UNSPECIFIED',
    status: Status ?? 'NON_COMPLIANT',
    details: Object.fromEntries(details),
    execution,
  };
}

async function store(
  tx: Call,
  { ResourceId = '', ComplianceType = '', ItemContentHash, UploadType }: PutComplianceItemsRequest,
  execution: StoredExecution,
  told: ReadonlyMap<string, StoredItem>,
): Promise<void> {
  const isOfNode = and(eq(compliance.account, tx.account), eq(compliance.resourceId, ResourceId));
  const [present] = await tx.db
    .select()
    .from(compliance)
    .where(and(isOfNode, eq(compliance.complianceType, ComplianceType)));
  const isPartial = UploadType === 'PARTIAL';
  const hash = ItemContentHash ? storable(ItemContentHash) : null;
  if (!isPartial && hash !== null && present?.contentHash === hash) return;
  if (present === undefined) await checkTypeCount(tx, ResourceId, ComplianceType);
  const kept = isPartial ? (present?.items ?? []).filter(({ id }) => !told.has(id)) : [];
  const items = [...kept, ...told.values()];
  const counts = countItems(items);
  const row = {
    contentHash: isPartial ? null : hash,
    executionTime: new Date(execution.time),
    executionId: execution.id,
    executionType: execution.type,
    items,
    counts,
    status: statusOf(counts),
    severity: overallSeverity(counts),
  };
  await tx.db
    .insert(compliance)
    .values({ account: tx.account, resourceId: ResourceId, complianceType: ComplianceType, ...row })
    .onConflictDoUpdate({ target: [compliance.account, compliance.resourceId, compliance.complianceType], set: row });
}

async function checkTypeCount(tx: Call, resourceId: string, type: string): Promise<void> {
  if (!type.startsWith('Custom:')) return;
  const rows = await tx.db
    .select({ type: compliance.complianceType })
    .from(compliance)
    .where(
      and(
        eq(compliance.account, tx.account),
        eq(compliance.resourceId, resourceId),
        sql`starts_with(${compliance.complianceType}, 'Custom:')`,
      ),
    );
  if (rows.length < MAX_CUSTOM_TYPES) return;
  const message = `You specified too many custom compliance types. You can specify a maximum of ${MAX_CUSTOM_TYPES} different types.`;
  throw new AwsError('ComplianceTypeCountLimitExceededException', message);
}
