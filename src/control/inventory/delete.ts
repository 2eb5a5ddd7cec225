import { randomUUID } from 'node:crypto';
import type {
  DeleteInventoryRequest,
  DeleteInventoryResult,
  DescribeInventoryDeletionsRequest,
  DescribeInventoryDeletionsResult,
  InventoryDeletionStatusItem,
  InventoryDeletionSummary,
} from '@aws-sdk/client-ssm';
import { and, eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { inventoryDeletion, inventoryItem, inventorySchema } from '../../store/schema/inventory.ts';
import type { Call } from '../call.ts';
import { pageOf } from '../paging.ts';
import { checkTypeName, isCustom } from './types.ts';

type Deletion = typeof inventoryDeletion.$inferSelect;

/**
 * Deletes what the nodes told of a custom type; with `SchemaDeleteOption` also the type, or the taking of its present
 * version. `DryRun` only counts. Errors: InvalidTypeNameException, InvalidDeleteInventoryParametersException for a
 * ClientToken that was used for another deletion.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteInventory.html
 */
export async function DeleteInventory(call: Call, input: DeleteInventoryRequest): Promise<DeleteInventoryResult> {
  const { TypeName = '', ClientToken, SchemaDeleteOption, DryRun = false } = input;
  checkTypeName(TypeName);
  if (!isCustom(TypeName))
    throw new AwsError('InvalidTypeNameException', `Only custom inventory types can be deleted: ${TypeName}`);
  return call.db.transaction(async (db) => {
    await db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`inventory types ${call.account}`}, 0))`);
    const earlier = ClientToken === undefined ? null : await deletionOfToken(db, call.account, ClientToken);
    if (earlier !== null) return answerAgain(earlier, input);
    const isSchema = and(eq(inventorySchema.account, call.account), eq(inventorySchema.typeName, TypeName));
    const [schema] = await db.select().from(inventorySchema).where(isSchema);
    if (schema === undefined) throw new AwsError('InvalidTypeNameException', `There is no inventory type ${TypeName}.`);
    const summary = await count(db, call.account, TypeName);
    if (DryRun) return { TypeName, DeletionSummary: summaryOf(summary, 'before') };
    await db
      .delete(inventoryItem)
      .where(and(eq(inventoryItem.account, call.account), eq(inventoryItem.typeName, TypeName)));
    if (SchemaDeleteOption === 'DeleteSchema') await db.delete(inventorySchema).where(isSchema);
    if (SchemaDeleteOption === 'DisableSchema')
      await db.update(inventorySchema).set({ disabledVersion: schema.version }).where(isSchema);
    const deletion: Deletion = {
      account: call.account,
      deletionId: randomUUID(),
      typeName: TypeName,
      clientToken: ClientToken ?? null,
      schemaDeleteOption: SchemaDeleteOption ?? null,
      startedAt: call.now,
      summary,
    };
    await db.insert(inventoryDeletion).values(deletion);
    return { DeletionId: deletion.deletionId, TypeName, DeletionSummary: summaryOf(summary, 'before') };
  });
}

async function deletionOfToken(db: Database, account: string, token: string): Promise<Deletion | null> {
  const isIt = and(eq(inventoryDeletion.account, account), eq(inventoryDeletion.clientToken, token));
  const rows = await db.select().from(inventoryDeletion).where(isIt);
  return rows[0] ?? null;
}

function answerAgain(earlier: Deletion, input: DeleteInventoryRequest): DeleteInventoryResult {
  const isSame =
    earlier.typeName === input.TypeName &&
    earlier.schemaDeleteOption === (input.SchemaDeleteOption ?? null) &&
    input.DryRun !== true;
  if (!isSame)
    throw new AwsError('InvalidDeleteInventoryParametersException', 'The ClientToken was used for another deletion.');
  const DeletionSummary = summaryOf(earlier.summary, 'before');
  return { DeletionId: earlier.deletionId, TypeName: earlier.typeName, DeletionSummary };
}

async function count(db: Database, account: string, typeName: string): Promise<Deletion['summary']> {
  const { rows } = await db.execute<{ version: string; count: string }>(
    sql`SELECT schema_version AS version, count(*) FROM ${inventoryItem}
      WHERE account = ${account} AND type_name = ${typeName} GROUP BY 1 ORDER BY 1`,
  );
  return rows.map(({ version, count: items }) => ({ Version: version, Count: Number(items) }));
}

function summaryOf(summary: Deletion['summary'], when: 'before' | 'after'): InventoryDeletionSummary {
  const remaining = (items: number): number => (when === 'before' ? items : 0);
  const total = summary.reduce((sum, { Count }) => sum + Count, 0);
  return {
    TotalCount: total,
    RemainingCount: remaining(total),
    SummaryItems: summary.map(({ Version, Count }) => ({ Version, Count, RemainingCount: remaining(Count) })),
  };
}

/** The deletions, the newest first; they are complete as soon as they are answered. Throws InvalidDeletionIdException. */
export async function DescribeInventoryDeletions(
  call: Call,
  input: DescribeInventoryDeletionsRequest,
): Promise<DescribeInventoryDeletionsResult> {
  const { DeletionId } = input;
  const isIt = DeletionId === undefined ? undefined : eq(inventoryDeletion.deletionId, DeletionId);
  const rows = await call.db
    .select()
    .from(inventoryDeletion)
    .where(and(eq(inventoryDeletion.account, call.account), isIt));
  if (DeletionId !== undefined && rows.length === 0)
    throw new AwsError('InvalidDeletionIdException', `There is no deletion ${DeletionId}.`);
  const list = `DescribeInventoryDeletions ${DeletionId ?? ''}`;
  const keyOf = ({ startedAt, deletionId }: Deletion) => [-startedAt.getTime(), deletionId];
  const { items, ...rest } = await pageOf(call, input, { list, size: 50, keyOf }, rows);
  return { InventoryDeletions: items.map(shown), ...rest };
}

function shown(deletion: Deletion): InventoryDeletionStatusItem {
  return {
    DeletionId: deletion.deletionId,
    TypeName: deletion.typeName,
    DeletionStartTime: deletion.startedAt,
    LastStatus: 'Complete',
    LastStatusMessage: 'Deletion is successful',
    DeletionSummary: summaryOf(deletion.summary, 'after'),
    LastStatusUpdateTime: deletion.startedAt,
  };
}
