import { and, eq, ne, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { invocation } from '../../store/schema/commands.ts';

/** Tells the engine of the commands that a deregistered node leaves open, so that they end at once. */
export async function tellCommandsOf(db: Database, account: string, instanceId: string): Promise<void> {
  const open = await db
    .selectDistinct({ id: invocation.commandId })
    .from(invocation)
    .where(and(eq(invocation.account, account), eq(invocation.instanceId, instanceId), ne(invocation.stage, 'done')));
  const keys = sql.param(open.map(({ id }) => `${account} ${id}`));
  await db.execute(sql`SELECT pg_notify('kintsugi_command', key) FROM unnest(${keys}::text[]) key`);
}
