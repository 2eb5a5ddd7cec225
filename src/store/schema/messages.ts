import { bigint, boolean, customType, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const time = (name: string) => timestamp(name, { withTimezone: true });

/** Mirrors migration 0041. */
export const messagePayload = pgTable(
  'message_payload',
  { account: text().notNull(), hash: bytea().notNull(), content: text().notNull() },
  (table) => [primaryKey({ columns: [table.account, table.hash] })],
);

/** Mirrors migration 0041. */
export const message = pgTable(
  'message',
  {
    account: text().notNull(),
    messageId: text('message_id').notNull(),
    sequence: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    instanceId: text('instance_id').notNull(),
    kind: text().$type<'send' | 'cancel'>().notNull(),
    commandId: text('command_id').notNull(),
    ordinal: integer().notNull(),
    payloadHash: bytea('payload_hash').notNull(),
    createdAt: time('created_at').notNull(),
    deliverBy: time('deliver_by').notNull(),
    executionSeconds: integer('execution_seconds').notNull(),
    visibleAt: time('visible_at').notNull(),
    deliveries: integer().notNull().default(0),
    startedAt: time('started_at'),
    toldAt: time('told_at'),
    toldOutcome: text('told_outcome').$type<Outcome>(),
    toldSteps: integer('told_steps'),
    endedAt: time('ended_at'),
    outcome: text().$type<Outcome>(),
    trace: text().notNull().default(''),
    changed: boolean().notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.account, table.messageId] })],
);

/** The node's own last words, and `Withdrawn` where the server ended it. */
export type Outcome = 'Success' | 'Failed' | 'TimedOut' | 'Cancelled' | 'Withdrawn';
export type MessageRow = typeof message.$inferSelect;

/** Mirrors migration 0041. */
export const messageStep = pgTable(
  'message_step',
  {
    account: text().notNull(),
    messageId: text('message_id').notNull(),
    name: text().notNull(),
    status: text().notNull(),
    code: integer().notNull(),
    plugin: text().notNull(),
    output: text().notNull(),
    standardOutput: text('standard_output').notNull(),
    standardError: text('standard_error').notNull(),
    startedAt: time('started_at'),
    endedAt: time('ended_at'),
    reportedAt: time('reported_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.account, table.messageId, table.name] })],
);
