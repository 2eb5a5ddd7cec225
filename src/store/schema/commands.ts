import { boolean, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const time = (name: string) => timestamp(name, { withTimezone: true });

/** A document with its values, as the message for a node holds it. */
export interface RenderedDocument {
  readonly name: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly executionSeconds: number;
}

export type Stage = 'waiting' | 'active' | 'done';

/** Mirrors migration 0042. */
export const command = pgTable(
  'command',
  {
    account: text().notNull(),
    commandId: text('command_id').notNull(),
    requestedAt: time('requested_at').notNull(),
    expiresAt: time('expires_at').notNull(),
    documentName: text('document_name').notNull(),
    documentVersion: text('document_version').notNull(),
    document: jsonb().$type<Record<string, unknown>>().notNull(),
    parameters: jsonb().$type<Record<string, string[]>>().notNull(),
    orchestration: text(),
    payload: text(),
    hooks: jsonb().$type<Record<string, RenderedDocument>>(),
    instanceIds: jsonb('instance_ids').$type<string[]>().notNull(),
    targets: jsonb().$type<{ Key?: string; Values?: string[] }[]>().notNull(),
    maxConcurrency: text('max_concurrency').notNull(),
    maxErrors: text('max_errors').notNull(),
    timeoutSeconds: integer('timeout_seconds').notNull(),
    executionSeconds: integer('execution_seconds').notNull(),
    request: jsonb().$type<Record<string, unknown>>().notNull(),
    status: text().notNull(),
    statusDetails: text('status_details').notNull(),
    targetCount: integer('target_count').notNull(),
    completedCount: integer('completed_count').notNull().default(0),
    errorCount: integer('error_count').notNull().default(0),
    deliveryTimedOutCount: integer('delivery_timed_out_count').notNull().default(0),
    cancelRequestedAt: time('cancel_requested_at'),
    completedAt: time('completed_at'),
    dueAt: time('due_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.account, table.commandId] })],
);
export type CommandRow = typeof command.$inferSelect;

/** What a command shows of one step on one node; texts are cut where they are shown. */
export interface PluginResult {
  readonly name: string;
  readonly status: string;
  readonly code: number;
  readonly output: string;
  readonly standardOutput: string;
  readonly standardError: string;
  /** ISO 8601, or null. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** Mirrors migration 0042. */
export const invocation = pgTable(
  'invocation',
  {
    account: text().notNull(),
    commandId: text('command_id').notNull(),
    instanceId: text('instance_id').notNull(),
    position: integer().notNull(),
    requestedAt: time('requested_at').notNull(),
    instanceName: text('instance_name').notNull(),
    stage: text().$type<Stage>().notNull(),
    status: text().notNull(),
    statusDetails: text('status_details').notNull(),
    retryAt: time('retry_at'),
    handedOutAt: time('handed_out_at'),
    startedAt: time('started_at'),
    endedAt: time('ended_at'),
    cancelRequestedAt: time('cancel_requested_at'),
    trace: text().notNull().default(''),
    isOrchestrated: boolean('is_orchestrated').notNull(),
    messages: integer().notNull().default(0),
    leader: text(),
    leaderUntil: time('leader_until'),
    plugins: jsonb().$type<PluginResult[]>(),
  },
  (table) => [primaryKey({ columns: [table.account, table.commandId, table.instanceId] })],
);
export type InvocationRow = typeof invocation.$inferSelect;

/** Mirrors migration 0055. */
export const commandFile = pgTable(
  'command_file',
  {
    account: text().notNull(),
    commandId: text('command_id').notNull(),
    parameter: text().notNull(),
    content: text().notNull(),
    fetchedAt: time('fetched_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.account, table.commandId, table.parameter] })],
);

/** Mirrors migration 0056. */
export const ledMessage = pgTable(
  'led_message',
  {
    account: text().notNull(),
    commandId: text('command_id').notNull(),
    instanceId: text('instance_id').notNull(),
    name: text().notNull(),
    messageId: text('message_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.account, table.commandId, table.instanceId, table.name] })],
);
