import { integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** One flat object of an inventory type: a package, a service, a network card. */
export type Entry = Record<string, string>;

/** Mirrors migration 0023. */
export const inventoryItem = pgTable(
  'inventory_item',
  {
    account: text().notNull(),
    instanceId: text('instance_id').notNull(),
    typeName: text('type_name').notNull(),
    schemaVersion: text('schema_version').notNull(),
    captureTime: text('capture_time').notNull(),
    contentHash: text('content_hash'),
    context: jsonb().$type<Entry>(),
    content: jsonb().$type<Entry[]>().notNull(),
    bytes: integer().notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.instanceId, row.typeName] })],
);

export const inventorySchema = pgTable(
  'inventory_schema',
  {
    account: text().notNull(),
    typeName: text('type_name').notNull(),
    version: text().notNull(),
    attributes: text().array().notNull(),
    disabledVersion: text('disabled_version'),
  },
  (row) => [primaryKey({ columns: [row.account, row.typeName] })],
);

export const inventoryDeletion = pgTable(
  'inventory_deletion',
  {
    account: text().notNull(),
    deletionId: uuid('deletion_id').notNull(),
    typeName: text('type_name').notNull(),
    clientToken: text('client_token'),
    schemaDeleteOption: text('schema_delete_option'),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull(),
    summary: jsonb().$type<{ Version: string; Count: number }[]>().notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.deletionId] })],
);
