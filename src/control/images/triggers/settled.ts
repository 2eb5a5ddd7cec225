import { sql } from 'drizzle-orm';
import type { Database } from '../../../store/database.ts';
import { unpack } from '../../executions/payloads.ts';
import type { TriggerRow } from './rows.ts';

interface Row extends Record<string, unknown> {
  readonly arn: string;
  readonly name: string;
  readonly status: string;
  readonly error: string | null;
  readonly output: string | null;
}

/**
 * Why a bake for the same state of things would come to nothing again: the last one came to the image that is gold
 * already, or somebody rejected what it made. null: there was none, it is forgotten, or it failed of something that may
 * pass.
 */
export async function settledOutcome(
  db: Database,
  { account, id }: Pick<TriggerRow, 'account' | 'id'>,
  { state, gold }: { readonly state: string; readonly gold: string },
): Promise<string | null> {
  const { rows } = await db.execute<Row>(sql`
    SELECT e.arn, e.name, e.status, e.error, e.output
    FROM image_trigger_firing f JOIN execution e ON e.arn = f.execution
    WHERE f.account = ${account} AND f.trigger_id = ${id} AND right(f.slot, length(${state}::text)) = ${state}
    ORDER BY f.fired_at DESC LIMIT 1`);
  const [last] = rows;
  if (last === undefined) return null;
  if (last.error === 'Kintsugi.ApprovalRejected') return `what ${last.name} baked for it was rejected`;
  if (last.status !== 'SUCCEEDED' || last.output === null) return null;
  const { Digest } = JSON.parse(await unpack<string>(db, last.arn, last.output)) as { Digest?: unknown };
  const why = 'what is missing cannot be installed as things are, such as where it needs packages that are not there';
  return Digest === `sha256:${gold}` ? `${last.name} came to the same image: ${why}` : null;
}
