import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

/** Mirrors migration 0020. */
export const resourceTag = pgTable(
  'resource_tag',
  {
    account: text().notNull(),
    resourceType: text('resource_type').notNull(),
    resourceId: text('resource_id').notNull(),
    key: text().notNull(),
    value: text().notNull(),
  },
  (tag) => [primaryKey({ columns: [tag.account, tag.resourceType, tag.resourceId, tag.key] })],
);
