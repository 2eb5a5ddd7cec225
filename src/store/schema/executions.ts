import { integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const time = (name: string) => timestamp(name, { withTimezone: true });

/** Mirrors migration 0060. */
export const workflowDefinition = pgTable(
  'workflow_definition',
  { account: text().notNull(), hash: text().notNull(), definition: text().notNull() },
  (table) => [primaryKey({ columns: [table.account, table.hash] })],
);

/** Mirrors migrations 0060, 0080, 0085 and 0095. */
export const execution = pgTable('execution', {
  arn: text().primaryKey(),
  account: text().notNull(),
  region: text().notNull(),
  name: text().notNull(),
  stateMachineArn: text('state_machine_arn').notNull(),
  stateMachineName: text('state_machine_name').notNull(),
  versionArn: text('version_arn'),
  aliasArn: text('alias_arn'),
  roleArn: text('role_arn').notNull(),
  definitionHash: text('definition_hash').notNull(),
  input: text().notNull(),
  output: text(),
  error: text(),
  cause: text(),
  status: text().$type<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'>().notNull(),
  startedAt: time('started_at').notNull(),
  stoppedAt: time('stopped_at'),
  timeoutAt: time('timeout_at'),
  redrives: integer().notNull().default(0),
  redrivenAt: time('redriven_at'),
  redriveToken: text('redrive_token'),
  lastEvent: integer('last_event').notNull(),
  turn: integer().notNull(),
  dueAt: time('due_at'),
  faults: integer().notNull().default(0),
  retryAt: time('retry_at'),
  type: text().$type<'STANDARD' | 'EXPRESS'>().notNull().default('STANDARD'),
  machine: integer().notNull().default(0),
  mapRun: text('map_run'),
  mapPosition: integer('map_position'),
  mapItems: integer('map_items'),
  mapState: text('map_state').$type<'running' | 'counted' | 'redrive'>(),
});
export type ExecutionRow = typeof execution.$inferSelect;

/** Mirrors migration 0060. */
export const executionScope = pgTable(
  'execution_scope',
  {
    execution: text().notNull(),
    id: text().notNull(),
    parent: text(),
    position: integer().notNull(),
    phase: text().notNull(),
    turn: integer().notNull(),
    wakeAt: time('wake_at'),
    body: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.execution, table.id] })],
);

/** Mirrors migration 0060. */
export const executionEvent = pgTable(
  'execution_event',
  {
    execution: text().notNull(),
    id: integer().notNull(),
    previous: integer().notNull(),
    type: text().notNull(),
    at: time('at').notNull(),
    member: text(),
    details: text(),
  },
  (table) => [primaryKey({ columns: [table.execution, table.id] })],
);

/** Mirrors migration 0060. */
export const executionTask = pgTable(
  'execution_task',
  {
    execution: text().notNull(),
    id: text().notNull(),
    account: text().notNull(),
    scope: text().notNull(),
    kind: text().$type<'activity' | 'request' | 'sync' | 'token'>().notNull(),
    resource: text().notNull(),
    input: text().notNull(),
    token: text(),
    scheduledAt: time('scheduled_at').notNull(),
    takenAt: time('taken_at'),
    leader: text(),
    leaderUntil: time('leader_until'),
    attempts: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.execution, table.id] })],
);
export type ExecutionTaskRow = typeof executionTask.$inferSelect;

/** Mirrors migration 0060. */
export const activity = pgTable('activity', {
  arn: text().primaryKey(),
  account: text().notNull(),
  name: text().notNull(),
  createdAt: time('created_at').notNull(),
});
