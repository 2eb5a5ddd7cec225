import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { parseDefinition } from '../../core/states-language/definition/parse.ts';
import { freshScope } from '../../core/states-language/machine/group.ts';
import { startedEvent, startHead } from '../../core/states-language/machine/start.ts';
import { AWS_LIMITS } from '../../core/states-language/machine/types.ts';
import type { Database } from '../../store/database.ts';
import { execution } from '../../store/schema/executions.ts';
import { keepDefinition } from '../state-machines/definitions.ts';
import { checkName } from '../state-machines/names.ts';
import { EXPRESS_MS, expressArn } from './express/limits.ts';
import { pack, unpack } from './payloads.ts';
import { writeChanges } from './write.ts';

export interface UseCase {
  /** The transaction of the call. */
  readonly db: Database;
  readonly account: string;
  readonly region: string;
  readonly now: Date;
}

/** The state machine as it stands when the execution starts: that definition is what runs, whatever becomes of it. */
export interface StateMachineToStart {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  /** Valid: `validateDefinition` found no error in it. */
  readonly definition: string;
  readonly versionArn?: string;
  readonly aliasArn?: string;
  /** STANDARD where absent. */
  readonly type?: 'STANDARD' | 'EXPRESS';
}

export interface StartInput {
  readonly stateMachine: StateMachineToStart;
  readonly name?: string;
  /** JSON text; `{}` where absent. */
  readonly input?: string;
}

/** AWS lets a name be used again after 90 days. */
const NAME_MS = 90 * 86_400_000;

/**
 * Idempotent by name while the execution of that name runs and the input is the same; of EXPRESS ones any number may
 * have a name. Throws ExecutionAlreadyExists, InvalidName, InvalidExecutionInput.
 */
export async function startExecution(
  call: UseCase,
  input: StartInput,
): Promise<{ executionArn: string; startDate: Date }> {
  const { db, account, region, now } = call;
  const { stateMachine } = input;
  const name = checkName(input.name ?? randomUUID());
  const text = checkedInput(input.input);
  const isExpress = stateMachine.type === 'EXPRESS';
  const arn = isExpress
    ? expressArn(stateMachine.arn, name)
    : `arn:aws:states:${region}:${account}:execution:${stateMachine.name}:${name}`;
  const hash = await keepDefinition(db, account, stateMachine.definition);
  const program = parseDefinition(stateMachine.definition);
  const head = startHead();
  const packed = pack(text);
  const row = {
    arn,
    account,
    region,
    name,
    stateMachineArn: stateMachine.arn,
    stateMachineName: stateMachine.name,
    versionArn: stateMachine.versionArn ?? null,
    aliasArn: stateMachine.aliasArn ?? null,
    roleArn: stateMachine.roleArn,
    definitionHash: hash,
    input: packed.json,
    status: 'RUNNING' as const,
    startedAt: now,
    type: isExpress ? ('EXPRESS' as const) : ('STANDARD' as const),
    timeoutAt: timeoutOf(program.timeoutSeconds, isExpress, now),
    lastEvent: head.lastEvent,
    turn: head.turn,
    dueAt: now,
  };
  await db
    .delete(execution)
    .where(sql`${execution.arn} = ${arn} AND ${execution.stoppedAt} < ${new Date(now.getTime() - NAME_MS)}`);
  const added = await db.insert(execution).values(row).onConflictDoNothing().returning({ arn: execution.arn });
  if (added.length === 0) return existing(db, arn, text, stateMachine.arn);
  const root = freshScope(0, program.machines[0]?.startAt ?? '', text);
  const facts = { ...row, input: text, startTime: now.toISOString() };
  const events = [startedEvent(facts, now)];
  await writeChanges(db, row, { scopes: [root], events, tasks: [], dropped: [], aborted: [] }, now);
  await db.execute(sql`SELECT pg_notify('kintsugi_execution', ${arn})`);
  return { executionArn: arn, startDate: now };
}

function timeoutOf(seconds: number | null, isExpress: boolean, now: Date): Date | null {
  const ms = Math.min((seconds ?? Number.POSITIVE_INFINITY) * 1000, isExpress ? EXPRESS_MS : Number.POSITIVE_INFINITY);
  return Number.isFinite(ms) ? new Date(now.getTime() + ms) : null;
}

async function existing(
  db: Database,
  arn: string,
  input: string,
  machine: string,
): Promise<{ executionArn: string; startDate: Date }> {
  const [row] = await db.select().from(execution).where(eq(execution.arn, arn));
  const isSame =
    row !== undefined &&
    row.status === 'RUNNING' &&
    row.stateMachineArn === machine &&
    (await unpack<string>(db, arn, row.input)) === input;
  if (!isSame) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  return { executionArn: arn, startDate: row.startedAt };
}

/** Throws InvalidExecutionInput for what is no JSON or too large. */
export function checkedInput(given: string | undefined): string {
  const text = (given ?? '{}').toWellFormed();
  const refuse = (why: string) =>
    new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${why}'`);
  if (Buffer.byteLength(text) > AWS_LIMITS.payload) throw refuse(`larger than ${AWS_LIMITS.payload} bytes`);
  try {
    JSON.parse(text);
  } catch (error) {
    throw refuse((error as Error).message.slice(0, 200));
  }
  return text;
}
