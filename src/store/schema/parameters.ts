import { bigint, customType, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** Mirrors migration 0021. */
export const parameter = pgTable(
  'parameter',
  {
    account: text().notNull(),
    name: text().notNull(),
    latest: bigint({ mode: 'number' }).notNull(),
    tier: text({ enum: ['Standard', 'Advanced'] }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
  },
  (row) => [primaryKey({ columns: [row.account, row.name] })],
);

export const parameterVersion = pgTable(
  'parameter_version',
  {
    account: text().notNull(),
    name: text().notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    type: text({ enum: ['String', 'StringList', 'SecureString'] }).notNull(),
    value: bytea().notNull(),
    keyId: text('key_id'),
    description: text(),
    allowedPattern: text('allowed_pattern'),
    tier: text({ enum: ['Standard', 'Advanced'] }).notNull(),
    policies: text().notNull(),
    dataType: text('data_type').notNull(),
    modifiedAt: timestamp('modified_at', { withTimezone: true }).notNull(),
    modifiedBy: text('modified_by').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.version] })],
);

export const parameterLabel = pgTable(
  'parameter_label',
  {
    account: text().notNull(),
    name: text().notNull(),
    label: text().notNull(),
    version: bigint({ mode: 'number' }).notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.label] })],
);
