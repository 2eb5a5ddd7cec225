import { and, eq, ne } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { invocation } from '../../store/schema/commands.ts';
import { node } from '../../store/schema/nodes.ts';
import { recordAudit } from '../audit/record.ts';
import { advanceCommand } from './engine.ts';

export interface NodeLimit {
  readonly account: string;
  readonly instanceId: string;
  /** It is looked at and never changed. */
  readonly isScanOnly: boolean;
  /** Who decides it, for the audit log. */
  readonly principal: string;
  readonly requestId: string;
  readonly now: Date;
}

/**
 * Makes a node scan-only, or ends that; it stays so until it is said anew. What waits for the node and it may not get
 * any more is refused before this answers. False where there is no such node.
 */
export async function limitNode(db: Database, limit: NodeLimit): Promise<boolean> {
  const { account, instanceId, isScanOnly, now } = limit;
  const own = and(eq(node.account, account), eq(node.instanceId, instanceId));
  const found = await db.transaction(async (tx) => {
    const [row] = await tx.select({ scanOnly: node.scanOnly }).from(node).where(own).for('update');
    if (row === undefined || row.scanOnly === isScanOnly) return row;
    await tx.update(node).set({ scanOnly: isScanOnly }).where(own);
    await recordAudit(tx, {
      account,
      at: now,
      principal: limit.principal,
      sourceIp: '127.0.0.1',
      service: 'kintsugi',
      operation: isScanOnly ? 'LimitNodeToScans' : 'AllowPatchingOfNode',
      requestId: limit.requestId,
      input: { InstanceId: instanceId },
      result: 'ok',
    });
    return row;
  });
  if (found === undefined) return false;
  if (isScanOnly) {
    const open = await db
      .select({ id: invocation.commandId })
      .from(invocation)
      .where(and(eq(invocation.account, account), eq(invocation.instanceId, instanceId), ne(invocation.stage, 'done')));
    for (const { id } of open) await advanceCommand(db, account, id, now);
  }
  return true;
}
