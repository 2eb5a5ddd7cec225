import { sql } from 'drizzle-orm';
import type { Database } from '../../../store/database.ts';

/**
 * The executions under way that have to do with any of these images: rollouts of them, and whatever was given one of
 * them as its input, a bake that begins with it among them.
 */
export async function runningRollouts(db: Database, account: string, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) return [];
  const { rows } = await db.execute<{ arn: string }>(sql`
    SELECT e.arn FROM execution e
    WHERE e.account = ${account} AND e.status = 'RUNNING' AND EXISTS (
      SELECT FROM json_array_elements_text(${JSON.stringify(digests)}::json) AS asked
      WHERE position(replace(asked, 'sha256:', '') IN e.input) > 0
        OR EXISTS (SELECT FROM image_rollout r WHERE r.account = e.account AND r.execution = e.arn AND r.digest = asked)
        OR EXISTS (SELECT FROM execution_blob b WHERE b.execution = e.arn AND position(replace(asked, 'sha256:', '') IN b.content) > 0))
    ORDER BY e.arn`);
  return rows.map(({ arn }) => arn);
}
