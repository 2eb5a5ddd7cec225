import { and, eq } from 'drizzle-orm';
import { AwsError } from '../../core/aws-error.ts';
import type { Happening } from '../../core/states-language/machine/types.ts';
import { AWS_LIMITS } from '../../core/states-language/machine/types.ts';
import { type ExecutionTaskRow, executionTask } from '../../store/schema/executions.ts';
import { advanceExecution } from './advance.ts';
import { invalidToken } from './errors.ts';
import type { UseCase } from './start.ts';

/** Throws InvalidToken for a token that nobody gave, TaskTimedOut for one whose task is over. */
async function taskOf({ db, account }: UseCase, token: string): Promise<ExecutionTaskRow> {
  if (!/^[\w-]{43}$/.test(token)) throw invalidToken();
  const [task] = await db
    .select()
    .from(executionTask)
    .where(and(eq(executionTask.token, token), eq(executionTask.account, account)));
  if (task === undefined) throw overTask();
  return task;
}

function overTask(): AwsError {
  return new AwsError('TaskTimedOut', 'Task Timed Out: the task of this token has ended, or there never was one');
}

async function tell(call: UseCase, task: ExecutionTaskRow, happening: Happening): Promise<void> {
  const { happened } = await advanceExecution(call.db, task.execution, happening, call.now);
  if (!happened) throw overTask();
}

/** `output` is JSON text. Throws InvalidOutput, InvalidToken, TaskTimedOut. */
export async function sendTaskSuccess(
  call: UseCase,
  input: { readonly taskToken: string; readonly output: string },
): Promise<void> {
  const output = input.output.toWellFormed();
  if (Buffer.byteLength(output) > AWS_LIMITS.payload) throw new AwsError('InvalidOutput', 'Invalid Output: too large');
  try {
    JSON.parse(output);
  } catch (error) {
    throw new AwsError('InvalidOutput', `Invalid Output: '${(error as Error).message.slice(0, 200)}'`);
  }
  const task = await taskOf(call, input.taskToken);
  await tell(call, task, { type: 'taskSucceeded', scope: task.scope, task: task.id, output });
}

/** Throws InvalidToken, TaskTimedOut. */
export async function sendTaskFailure(
  call: UseCase,
  input: { readonly taskToken: string; readonly error?: string; readonly cause?: string },
): Promise<void> {
  const task = await taskOf(call, input.taskToken);
  const { error = null, cause = null } = input;
  await tell(call, task, { type: 'taskFailed', scope: task.scope, task: task.id, error, cause });
}

/** Throws InvalidToken, TaskTimedOut. */
export async function sendTaskHeartbeat(call: UseCase, input: { readonly taskToken: string }): Promise<void> {
  const task = await taskOf(call, input.taskToken);
  await tell(call, task, { type: 'taskHeartbeat', scope: task.scope, task: task.id });
}
