import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import { AWS_LIMITS } from '../../core/states-language/machine/types.ts';
import { type ExecutionRow, execution } from '../../store/schema/executions.ts';
import { advanceExecution } from './advance.ts';
import { executionDoesNotExist } from './errors.ts';
import type { UseCase } from './start.ts';

/** AWS redrives within 14 days of the end. */
const REDRIVE_MS = 14 * 86_400_000;
const BY_MAP_RUN = 'Execution was started by a Map Run and is redriven with its parent';
/** AWS redrives histories below this; the last event of a history is its 25,000th. */
const MOST_EVENTS = AWS_LIMITS.events - 1;
/** How long a client's token stands for the redrive that was made with it. */
const TOKEN_MS = 15 * 60_000;

async function rowOf({ db, account }: UseCase, arn: string): Promise<ExecutionRow> {
  const [row] = await db
    .select()
    .from(execution)
    .where(and(eq(execution.arn, arn), eq(execution.account, account)))
    .for('update');
  if (row === undefined) throw executionDoesNotExist(arn);
  return row;
}

/** One that has ended already stays as it is. Throws ExecutionDoesNotExist. */
export async function stopExecution(
  call: UseCase,
  input: { readonly executionArn: string; readonly error?: string; readonly cause?: string },
): Promise<{ stopDate: Date }> {
  const row = await rowOf(call, input.executionArn);
  if (row.status !== 'RUNNING') return { stopDate: row.stoppedAt ?? call.now };
  const happening = { type: 'abort', error: input.error ?? null, cause: input.cause ?? null } as const;
  await advanceExecution(call.db, row.arn, happening, call.now);
  return { stopDate: call.now };
}

/**
 * Goes on where it failed, with the definition it was started with. A client that asks again with the same token within
 * 15 minutes gets the same answer, whatever became of the execution since. Throws ExecutionDoesNotExist,
 * ExecutionNotRedrivable. https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
export async function redriveExecution(
  call: UseCase,
  input: { readonly executionArn: string; readonly clientToken?: string },
): Promise<{ redriveDate: Date }> {
  const row = await rowOf(call, input.executionArn);
  const { clientToken = null } = input;
  const before = clientToken !== null && clientToken === row.redriveToken ? row.redrivenAt : null;
  if (before !== null && call.now.getTime() - before.getTime() < TOKEN_MS) return { redriveDate: before };
  const reason = row.mapRun === null ? notRedrivable(row, call.now) : BY_MAP_RUN;
  if (reason !== null) throw new AwsError('ExecutionNotRedrivable', reason);
  // Its time limit counts anew.
  const limit = row.timeoutAt === null ? null : row.timeoutAt.getTime() - (row.redrivenAt ?? row.startedAt).getTime();
  const timeoutAt = limit === null ? null : new Date(call.now.getTime() + limit);
  await call.db
    .update(execution)
    .set({ redrivenAt: call.now, redriveToken: clientToken, timeoutAt })
    .where(eq(execution.arn, row.arn));
  await advanceExecution(call.db, row.arn, { type: 'redrive' }, call.now);
  return { redriveDate: call.now };
}

/** Why it cannot be redriven, in AWS's words; null where it can. */
export function notRedrivable(
  { status, stoppedAt, lastEvent }: Pick<ExecutionRow, 'status' | 'stoppedAt' | 'lastEvent'>,
  now: Date,
): string | null {
  if (status === 'RUNNING') return 'Execution is RUNNING and cannot be redriven';
  if (status === 'SUCCEEDED') return 'Execution is SUCCEEDED and cannot be redriven';
  if (lastEvent >= MOST_EVENTS) return 'Execution history event limit exceeded';
  const isOld = stoppedAt !== null && now.getTime() - stoppedAt.getTime() > REDRIVE_MS;
  return isOld ? 'Execution is past its redrivable period' : null;
}
