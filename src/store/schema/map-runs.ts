import { boolean, doublePrecision, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const time = (name: string) => timestamp(name, { withTimezone: true });

/** Mirrors migration 0085. */
export const mapRun = pgTable('map_run', {
  arn: text().primaryKey(),
  account: text().notNull(),
  execution: text().notNull(),
  scope: text().notNull(),
  label: text().notNull(),
  plan: text().notNull(),
  status: text().$type<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED'>().notNull(),
  step: text().$type<'read' | 'run' | 'stop' | 'over' | 'write' | 'ended'>().notNull(),
  maxConcurrency: integer('max_concurrency').notNull(),
  toleratedCount: integer('tolerated_count').notNull(),
  toleratedPercentage: doublePrecision('tolerated_percentage').notNull(),
  children: integer().notNull().default(0),
  items: integer().notNull().default(0),
  begun: integer().notNull().default(0),
  running: integer().notNull().default(0),
  failedItems: integer('failed_items').notNull().default(0),
  areResultsWritten: boolean('are_results_written').notNull().default(false),
  startedAt: time('started_at').notNull(),
  stoppedAt: time('stopped_at'),
  redrives: integer().notNull().default(0),
  redrivenAt: time('redriven_at'),
  dueAt: time('due_at'),
});
export type MapRunRow = typeof mapRun.$inferSelect;

/** Mirrors migration 0085. */
export const mapRunInput = pgTable(
  'map_run_input',
  {
    mapRun: text('map_run').notNull(),
    position: integer().notNull(),
    items: integer().notNull(),
    input: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.mapRun, table.position] })],
);
