import { boolean, customType, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const time = (name: string) => timestamp(name, { withTimezone: true });

/** Mirrors migrations 0040 and 0048. */
export const activation = pgTable(
  'activation',
  {
    account: text().notNull(),
    activationId: text('activation_id').notNull(),
    codeHash: bytea('code_hash').notNull(),
    description: text(),
    defaultInstanceName: text('default_instance_name'),
    iamRole: text('iam_role').notNull(),
    registrationLimit: integer('registration_limit').notNull(),
    registrationsCount: integer('registrations_count').notNull().default(0),
    expiresAt: time('expires_at').notNull(),
    createdAt: time('created_at').notNull(),
    tags: jsonb().$type<{ Key: string; Value: string }[]>().notNull(),
    scanOnly: boolean('scan_only').notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.account, table.activationId] })],
);

/** Mirrors migrations 0040 and 0048. */
export const node = pgTable(
  'node',
  {
    account: text().notNull(),
    instanceId: text('instance_id').notNull(),
    activationId: text('activation_id').notNull(),
    name: text(),
    iamRole: text('iam_role').notNull(),
    registeredAt: time('registered_at').notNull(),
    fingerprint: text().notNull(),
    publicKey: bytea('public_key').notNull(),
    lastPingAt: time('last_ping_at'),
    agentName: text('agent_name'),
    agentVersion: text('agent_version'),
    platformType: text('platform_type'),
    platformName: text('platform_name'),
    platformVersion: text('platform_version'),
    ipAddress: text('ip_address'),
    computerName: text('computer_name'),
    availabilityZone: text('availability_zone'),
    availabilityZoneId: text('availability_zone_id'),
    connectionChannel: text('connection_channel'),
    scanOnly: boolean('scan_only').notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.account, table.instanceId] })],
);

export type NodeRow = typeof node.$inferSelect;
