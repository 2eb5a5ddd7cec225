import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { invalidDefinition, validateDefinition } from '../../core/states-language/definition/validate.ts';
import type { Database } from '../../store/database.ts';
import { workflowDefinition } from '../../store/schema/executions.ts';

/** Keeps a definition under its hash, once however many state machines, versions and executions have it. */
export async function keepDefinition(db: Database, account: string, definition: string): Promise<string> {
  const hash = createHash('sha256').update(definition).digest('hex');
  await db.insert(workflowDefinition).values({ account, hash, definition }).onConflictDoNothing();
  return hash;
}

export async function keptDefinition(db: Database, account: string, hash: string): Promise<string> {
  const [row] = await db
    .select()
    .from(workflowDefinition)
    .where(and(eq(workflowDefinition.account, account), eq(workflowDefinition.hash, hash)));
  if (row === undefined) throw new Error('the store has no definition of this hash');
  return row.definition;
}

/** Throws InvalidDefinition for what is no definition in the Amazon States Language. */
export function checkDefinition(definition: string, type: 'STANDARD' | 'EXPRESS'): void {
  const fault = invalidDefinition(validateDefinition(definition, { isExpress: type === 'EXPRESS' }));
  if (fault !== null) throw new AwsError('InvalidDefinition', fault);
}
