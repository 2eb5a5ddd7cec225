import { bigint, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });
const CHANNELS = ['candidate', 'staging', 'gold'] as const;

/** Mirrors migrations 0070 and 0090. */
export const image = pgTable(
  'image',
  {
    account: text().notNull(),
    family: text().notNull(),
    digest: text().notNull(),
    registeredAt: instant('registered_at').notNull(),
    registeredBy: text('registered_by').notNull(),
    prunedAt: instant('pruned_at'),
  },
  (row) => [primaryKey({ columns: [row.account, row.family, row.digest] })],
);

export const imageParent = pgTable(
  'image_parent',
  { account: text().notNull(), digest: text().notNull(), parent: text().notNull() },
  (row) => [primaryKey({ columns: [row.account, row.digest, row.parent] })],
);

export const imageRevocation = pgTable(
  'image_revocation',
  {
    account: text().notNull(),
    digest: text().notNull(),
    reason: text().notNull(),
    revokedAt: instant('revoked_at').notNull(),
    revokedBy: text('revoked_by').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.digest] })],
);

export const imageChannel = pgTable(
  'image_channel',
  {
    account: text().notNull(),
    family: text().notNull(),
    channel: text({ enum: CHANNELS }).notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    digest: text().notNull(),
    movedAt: instant('moved_at').notNull(),
    movedBy: text('moved_by').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.family, row.channel] })],
);

export const imageChannelMove = pgTable(
  'image_channel_move',
  {
    account: text().notNull(),
    family: text().notNull(),
    channel: text({ enum: CHANNELS }).notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    digest: text().notNull(),
    previous: text(),
    reason: text({ enum: ['registered', 'promoted', 'revoked', 'rejected'] }).notNull(),
    note: text(),
    movedAt: instant('moved_at').notNull(),
    movedBy: text('moved_by').notNull(),
    clientToken: text('client_token'),
  },
  (row) => [primaryKey({ columns: [row.account, row.family, row.channel, row.version] })],
);

/** Mirrors migrations 0071 and 0090. */
export const imageApproval = pgTable(
  'image_approval',
  {
    account: text().notNull(),
    id: text().notNull(),
    family: text().notNull(),
    digest: text().notNull(),
    channel: text({ enum: CHANNELS }).notNull(),
    token: text().notNull(),
    execution: text().notNull(),
    message: text().notNull(),
    requestedAt: instant('requested_at').notNull(),
    requestedBy: text('requested_by').notNull(),
    expiresAt: instant('expires_at').notNull(),
    decision: text({ enum: ['approved', 'rejected', 'expired', 'withdrawn', 'revoked', 'answered'] }),
    decidedAt: instant('decided_at'),
    decidedBy: text('decided_by'),
    comment: text(),
  },
  (row) => [primaryKey({ columns: [row.account, row.id] })],
);

export const imageRollout = pgTable(
  'image_rollout',
  {
    account: text().notNull(),
    execution: text().notNull(),
    family: text().notNull(),
    digest: text().notNull(),
    target: text().notNull(),
    startedAt: instant('started_at').notNull(),
    startedBy: text('started_by').notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.execution] })],
);
