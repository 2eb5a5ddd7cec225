import { customType, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** Mirrors migration 0050, as the tables below do. One version of one package, whichever nodes have it. */
export const packageVersion = pgTable('package_version', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  account: text().notNull(),
  ecosystem: text().notNull(),
  name: text().notNull(),
  architecture: text().notNull(),
  version: text().notNull(),
  source: text().notNull(),
  sourceVersion: text('source_version').notNull(),
  versionKey: text('version_key'),
  sourceKey: text('source_key'),
  hash: bytea().notNull(),
});

/** Versions that a node has together, or is offered together; never changed once it is there. */
export const packageSet = pgTable('package_set', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  account: text().notNull(),
  hash: bytea().notNull(),
  packages: integer().array().notNull(),
});

export const nodeInventory = pgTable(
  'node_inventory',
  {
    account: text().notNull(),
    instanceId: text('instance_id').notNull(),
    ecosystem: text().notNull(),
    product: text().notNull(),
    codename: text().notNull(),
    architecture: text().notNull(),
    gatheredAt: timestamp('gathered_at', { withTimezone: true }).notNull(),
    packageSet: integer('package_set').notNull(),
    updateSet: integer('update_set').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.instanceId] })],
);
