import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { stateMachine } from '../../../store/schema/state-machines.ts';
import type { Call } from '../../call.ts';
import type { StateMachineToStart } from '../../executions/start.ts';
import { stateMachineArn } from '../../state-machines/arns.ts';
import { keepDefinition } from '../../state-machines/definitions.ts';

const FILE = new URL('../../../../documents/bake-golden-image.asl.json', import.meta.url);
/** The name belongs to the server: a definition of your own goes under another one. */
export const BAKE_MACHINE = 'kintsugi-bake-golden-image';

/** The state machine of bakes as this release has it, listed and described as every other. */
export async function bakeMachine(call: Pick<Call, 'db' | 'account' | 'region' | 'now'>): Promise<StateMachineToStart> {
  const { db, account, now } = call;
  const definition = readFileSync(FILE, 'utf8');
  const definitionHash = await keepDefinition(db, account, definition);
  const roleArn = `arn:aws:iam::${account}:role/kintsugi`;
  const row = { account, name: BAKE_MACHINE, definitionHash, roleArn, createdAt: now, updatedAt: now };
  await db
    .insert(stateMachine)
    .values(row)
    .onConflictDoUpdate({
      target: [stateMachine.account, stateMachine.name],
      set: { definitionHash, roleArn, updatedAt: now },
      setWhere: sql`${stateMachine.definitionHash} <> ${definitionHash}`,
    });
  return { arn: stateMachineArn(call, BAKE_MACHINE), name: BAKE_MACHINE, roleArn, definition };
}
