import { sql } from 'drizzle-orm';
import type { Database } from '../../../store/database.ts';

/** Who bakes a family: the execution, and the data directory that its work folder is in. */
export interface FamilyHolder {
  readonly execution: string;
  readonly place: string | null;
}

type Row = { execution: string; place: string | null };

/**
 * The family for an execution, unless another that still runs has it: answers that one's ARN, or null where it is ours
 * now. `place` null: the first step will tell where. What holds it is the execution itself, so it ends with it.
 */
export async function takeFamily(
  db: Database,
  { account, family, execution, place }: { account: string; family: string; execution: string; place: string | null },
  now: Date,
): Promise<string | null> {
  const { rows } = await db.execute<Row>(sql`
    INSERT INTO image_bake AS held (account, family, execution, place, taken_at)
    VALUES (${account}, ${family}, ${execution}, ${place}, ${now})
    ON CONFLICT (account, family) DO UPDATE SET execution = ${execution}, place = ${place}, taken_at = ${now}
    WHERE held.execution = ${execution}
      OR NOT EXISTS (SELECT 1 FROM execution one WHERE one.arn = held.execution AND one.status = 'RUNNING')
    RETURNING execution, place`);
  if (rows.length > 0) return null;
  const found = await familyHolder(db, account, family);
  return found?.execution ?? 'another execution';
}

export async function familyHolder(db: Database, account: string, family: string): Promise<FamilyHolder | null> {
  const { rows } = await db.execute<Row>(
    sql`SELECT execution, place FROM image_bake WHERE account = ${account} AND family = ${family}`,
  );
  return rows[0] ?? null;
}

/** True where the execution runs and holds a family: its work folder is still needed. */
export async function isBaking(db: Database, execution: string): Promise<boolean> {
  const { rows } = await db.execute(sql`
    SELECT 1 FROM image_bake held JOIN execution one ON one.arn = held.execution
    WHERE held.execution = ${execution} AND one.status = 'RUNNING'`);
  return rows.length > 0;
}

export async function releaseFamily(db: Database, account: string, family: string, execution: string): Promise<void> {
  await db.execute(
    sql`DELETE FROM image_bake WHERE account = ${account} AND family = ${family} AND execution = ${execution}`,
  );
}

/** Families whose execution has ended without giving them up, as one does that was stopped. */
export async function releaseEnded(db: Database): Promise<void> {
  await db.execute(sql`
    DELETE FROM image_bake held
    WHERE NOT EXISTS (SELECT 1 FROM execution one WHERE one.arn = held.execution AND one.status = 'RUNNING')`);
}
