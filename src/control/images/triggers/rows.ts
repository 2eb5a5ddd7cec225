import { sql } from 'drizzle-orm';
import type { Database } from '../../../store/database.ts';
import type { BakeRequest } from '../flow/start-bake.ts';
import type { TriggerCondition } from './condition.ts';

/** A trigger as it is stored. */
export interface TriggerRow extends Record<string, unknown> {
  readonly account: string;
  readonly id: string;
  readonly region: string;
  readonly family: string;
  readonly condition: TriggerCondition;
  readonly request: BakeRequest;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly lookedAt: Date | null;
  readonly outcome: string | null;
  readonly execution: string | null;
}

const COLUMNS = sql`account, id, region, family, condition, request, created_at::text AS "createdAt",
  created_by AS "createdBy", looked_at::text AS "lookedAt", outcome, execution`;

function typed(row: Record<string, unknown>): TriggerRow {
  const { createdAt, lookedAt } = row as { createdAt: string; lookedAt: string | null };
  return {
    ...row,
    createdAt: new Date(createdAt),
    lookedAt: lookedAt === null ? null : new Date(lookedAt),
  } as TriggerRow;
}

export async function addTrigger(
  db: Database,
  row: Pick<TriggerRow, 'account' | 'id' | 'region' | 'family' | 'condition' | 'request' | 'createdAt' | 'createdBy'>,
): Promise<void> {
  await db.execute(sql`
    INSERT INTO image_trigger (account, id, region, family, condition, request, created_at, created_by)
    VALUES (${row.account}, ${row.id}, ${row.region}, ${row.family}, ${JSON.stringify(row.condition)}::jsonb,
      ${JSON.stringify(row.request)}::jsonb, ${row.createdAt}, ${row.createdBy})`);
}

/** False: there was none. What it has started goes on. */
export async function removeTrigger(db: Database, account: string, id: string): Promise<boolean> {
  const { rows } = await db.execute(
    sql`DELETE FROM image_trigger WHERE account = ${account} AND id = ${id} RETURNING id`,
  );
  return rows.length > 0;
}

export async function triggersOf(db: Database, account: string): Promise<TriggerRow[]> {
  const { rows } = await db.execute(
    sql`SELECT ${COLUMNS} FROM image_trigger WHERE account = ${account} ORDER BY family, id`,
  );
  return rows.map(typed);
}

/** Triggers that were not looked at since then, the one that waits longest first. */
export async function triggersToLookAt(db: Database, before: Date): Promise<TriggerRow[]> {
  const { rows } = await db.execute(sql`
    SELECT ${COLUMNS} FROM image_trigger WHERE looked_at IS NULL OR looked_at < ${before}
    ORDER BY looked_at NULLS FIRST, account, id LIMIT 1000`);
  return rows.map(typed);
}

export async function noteOutcome(
  db: Database,
  { account, id }: Pick<TriggerRow, 'account' | 'id'>,
  { at, outcome, execution }: { at: Date; outcome: string; execution?: string },
): Promise<void> {
  await db.execute(sql`
    UPDATE image_trigger SET looked_at = ${at}, outcome = ${outcome.slice(0, 1000)},
      execution = coalesce(${execution ?? null}, execution)
    WHERE account = ${account} AND id = ${id}`);
}

/** Stamps a firing; false where that was done before, by whichever server, or the trigger is gone. */
export async function stampFiring(
  db: Database,
  { account, id }: Pick<TriggerRow, 'account' | 'id'>,
  { slot, at, execution }: { slot: string; at: Date; execution: string },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    INSERT INTO image_trigger_firing (account, trigger_id, slot, fired_at, execution)
    SELECT account, id, ${slot}, ${at}, ${execution} FROM image_trigger WHERE account = ${account} AND id = ${id}
    ON CONFLICT DO NOTHING RETURNING slot`);
  return rows.length > 0;
}

/** When a trigger fired last; null: never. */
export async function lastFiring(db: Database, account: string, id: string): Promise<Date | null> {
  const { rows } = await db.execute<{ at: string | null }>(
    sql`SELECT max(fired_at)::text AS at FROM image_trigger_firing WHERE account = ${account} AND trigger_id = ${id}`,
  );
  return rows[0]?.at == null ? null : new Date(rows[0].at);
}
