import { and, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { compliance } from '../../store/schema/compliance.ts';
import type { Operations } from '../call.ts';
import { ListComplianceItems } from './items.ts';
import { PutComplianceItems } from './put.ts';
import { ListComplianceSummaries, ListResourceComplianceSummaries } from './summaries.ts';

export const complianceOperations: Operations = {
  ListComplianceItems,
  ListComplianceSummaries,
  ListResourceComplianceSummaries,
  PutComplianceItems,
};

/** For a node that leaves. */
export async function dropCompliance(db: Database, account: string, instanceId: string): Promise<void> {
  await db.delete(compliance).where(and(eq(compliance.account, account), eq(compliance.resourceId, instanceId)));
}
