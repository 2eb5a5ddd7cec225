import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Mirrors migrations 0065 and 0086; the other tables here 0065. */
export const stateMachine = pgTable(
  'state_machine',
  {
    account: text().notNull(),
    name: text().notNull(),
    revisionId: text('revision_id'),
    definitionHash: text('definition_hash').notNull(),
    roleArn: text('role_arn').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    newestVersion: bigint('newest_version', { mode: 'number' }).notNull().default(0),
    type: text().$type<'STANDARD' | 'EXPRESS'>().notNull().default('STANDARD'),
  },
  (row) => [primaryKey({ columns: [row.account, row.name] })],
);

export const stateMachineVersion = pgTable(
  'state_machine_version',
  {
    account: text().notNull(),
    name: text().notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    revisionId: text('revision_id'),
    definitionHash: text('definition_hash').notNull(),
    roleArn: text('role_arn').notNull(),
    description: text(),
    createdAt: instant('created_at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.version] })],
);

/** Where an alias sends a new execution: `weight` in percent. */
export interface AliasRoute {
  readonly version: number;
  readonly weight: number;
}

export const stateMachineAlias = pgTable(
  'state_machine_alias',
  {
    account: text().notNull(),
    name: text().notNull(),
    alias: text().notNull(),
    description: text(),
    routing: jsonb().$type<readonly AliasRoute[]>().notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.alias] })],
);
