import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Database } from '../../store/database.ts';
import { stateMachine, stateMachineAlias, stateMachineVersion } from '../../store/schema/state-machines.ts';
import type { Call } from '../call.ts';
import { type StateMachineRef, stateMachineArn } from './arns.ts';

export type StateMachineRow = typeof stateMachine.$inferSelect;
export type VersionRow = typeof stateMachineVersion.$inferSelect;
export type AliasRow = typeof stateMachineAlias.$inferSelect;

export function doesNotExist(arn: string): AwsError {
  return new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

/** Locked until the transaction ends: changes of one state machine come one after the other. */
export async function lockStateMachine(call: Call, name: string): Promise<StateMachineRow> {
  const [row] = await call.db.select().from(stateMachine).where(ofName(call.account, name)).for('update');
  if (row === undefined) throw doesNotExist(stateMachineArn(call, name));
  return row;
}

export async function findStateMachine(db: Database, account: string, name: string): Promise<StateMachineRow | null> {
  const [row] = await db.select().from(stateMachine).where(ofName(account, name));
  return row ?? null;
}

/** null for a qualifier that is no number or no version. */
export async function findVersion(
  db: Database,
  account: string,
  { name, qualifier }: StateMachineRef,
): Promise<VersionRow | null> {
  if (!/^[1-9]\d{0,14}$/.test(qualifier ?? '')) return null;
  const ofVersion = and(
    eq(stateMachineVersion.account, account),
    eq(stateMachineVersion.name, name),
    eq(stateMachineVersion.version, Number(qualifier)),
  );
  const [row] = await db.select().from(stateMachineVersion).where(ofVersion);
  return row ?? null;
}

export async function findAlias(
  db: Database,
  account: string,
  { name, qualifier }: StateMachineRef,
): Promise<AliasRow | null> {
  const ofAlias = and(
    eq(stateMachineAlias.account, account),
    eq(stateMachineAlias.name, name),
    eq(stateMachineAlias.alias, qualifier ?? ''),
  );
  const [row] = await db.select().from(stateMachineAlias).where(ofAlias);
  return row ?? null;
}

export function ofName(account: string, name: string) {
  return and(eq(stateMachine.account, account), eq(stateMachine.name, name));
}
