import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { stateMachine } from '../../store/schema/state-machines.ts';
import type { Call } from '../call.ts';
import type { StateMachineToStart } from '../executions/start.ts';
import { stateMachineArn } from './arns.ts';
import { keepDefinition } from './definitions.ts';

const FOLDER = new URL('../../../documents/', import.meta.url);

/** A definition that comes with the program, by its file's name without `.asl.json`. */
export type ShippedDefinition = 'bake-golden-image' | 'roll-out-auto-scaling-group';

/** The name belongs to the server: a changed copy goes under another one. */
export function shippedName(file: ShippedDefinition): string {
  return `kintsugi-${file}`;
}

/**
 * A state machine of this server for a definition that comes with the program: made when it is first needed, brought
 * to the present release when that has another one. Its executions are listed, stopped and redriven like all others.
 */
export async function shippedStateMachine(
  call: Pick<Call, 'db' | 'account' | 'region' | 'now'>,
  file: ShippedDefinition,
): Promise<StateMachineToStart> {
  const { db, account, now } = call;
  const definition = readFileSync(new URL(`${file}.asl.json`, FOLDER), 'utf8');
  const name = shippedName(file);
  const definitionHash = await keepDefinition(db, account, definition);
  const roleArn = `arn:aws:iam::${account}:role/kintsugi`;
  await db
    .insert(stateMachine)
    .values({ account, name, definitionHash, roleArn, createdAt: now, updatedAt: now })
    .onConflictDoUpdate({
      target: [stateMachine.account, stateMachine.name],
      set: { definitionHash, roleArn, updatedAt: now, revisionId: randomUUID() },
      setWhere: sql`${stateMachine.definitionHash} <> ${definitionHash}`,
    });
  return { arn: stateMachineArn(call, name), name, roleArn, definition };
}
