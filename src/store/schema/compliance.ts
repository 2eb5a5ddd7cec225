import { jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { ComplianceLevel } from '../../core/baselines/types.ts';

export type ItemStatus = 'COMPLIANT' | 'NON_COMPLIANT';
export type Counts = Record<ItemStatus, Record<ComplianceLevel, number>>;

export interface StoredExecution {
  /** ISO 8601. */
  readonly time: string;
  readonly id: string | null;
  readonly type: string | null;
}

export interface StoredItem {
  readonly id: string;
  readonly title: string;
  readonly severity: ComplianceLevel;
  readonly status: ItemStatus;
  readonly details: Record<string, string>;
  readonly execution: StoredExecution;
}

/** Mirrors migration 0024. */
export const compliance = pgTable(
  'compliance',
  {
    account: text().notNull(),
    resourceId: text('resource_id').notNull(),
    complianceType: text('compliance_type').notNull(),
    contentHash: text('content_hash'),
    executionTime: timestamp('execution_time', { withTimezone: true }).notNull(),
    executionId: text('execution_id'),
    executionType: text('execution_type'),
    items: jsonb().$type<StoredItem[]>().notNull(),
    counts: jsonb().$type<Counts>().notNull(),
    status: text().$type<ItemStatus>(),
    severity: text().$type<ComplianceLevel>().notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.resourceId, row.complianceType] })],
);
