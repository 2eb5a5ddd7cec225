import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Mirrors migration 0022. */
export const serviceSetting = pgTable(
  'service_setting',
  {
    account: text().notNull(),
    settingId: text('setting_id').notNull(),
    value: text().notNull(),
    modifiedAt: timestamp('modified_at', { withTimezone: true }).notNull(),
    modifiedBy: text('modified_by').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.settingId] })],
);

export const resourcePolicy = pgTable(
  'resource_policy',
  {
    account: text().notNull(),
    resourceArn: text('resource_arn').notNull(),
    policyId: uuid('policy_id').notNull(),
    policy: text().notNull(),
    policyHash: text('policy_hash').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.resourceArn, row.policyId] })],
);
