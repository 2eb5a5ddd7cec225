import type { DocumentRequires } from '@aws-sdk/client-ssm';
import { integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** Mirrors migration 0030. */
export const document = pgTable(
  'document',
  {
    account: text().notNull(),
    name: text().notNull(),
    documentType: text('document_type').notNull(),
    defaultVersion: integer('default_version').notNull(),
    latestVersion: integer('latest_version').notNull(),
    lastVersion: integer('last_version').notNull(),
    author: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name] })],
);

export const documentVersion = pgTable(
  'document_version',
  {
    account: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    versionName: text('version_name'),
    displayName: text('display_name'),
    targetType: text('target_type'),
    documentFormat: text('document_format').$type<'JSON' | 'YAML' | 'TEXT'>().notNull(),
    content: text().notNull(),
    hash: text().notNull(),
    schemaVersion: text('schema_version'),
    platformTypes: text('platform_types').array().$type<('Windows' | 'Linux' | 'MacOS')[]>().notNull(),
    requires: jsonb().$type<DocumentRequires[]>().notNull(),
    author: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    reviewStatus: text('review_status').$type<'APPROVED' | 'NOT_REVIEWED' | 'PENDING' | 'REJECTED'>(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.version] })],
);

export const documentShare = pgTable(
  'document_share',
  {
    account: text().notNull(),
    name: text().notNull(),
    sharedWith: text('shared_with').notNull(),
    sharedVersion: text('shared_version').$type<'$LATEST' | '$DEFAULT' | '$ALL'>().notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.sharedWith] })],
);

export const documentReview = pgTable(
  'document_review',
  {
    account: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    sequence: integer().notNull(),
    reviewStatus: text('review_status').$type<'APPROVED' | 'PENDING' | 'REJECTED'>().notNull(),
    reviewer: text(),
    comment: text(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (row) => [primaryKey({ columns: [row.account, row.name, row.version, row.sequence] })],
);
